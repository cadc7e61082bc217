import { isMasterStep, type MasterStepResult, type MinionEnding } from '../../lib/contracts/orchestration.ts';
import type { Machine, Step } from '../../lib/contracts/machine.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { asText, isMap, type Json } from '../../lib/json.ts';

/** A master whose minions, functions and events a test says. */
export interface FakeMaster {
  /** What each minion returns: an answer, `{fails: code, answer}`, or `{silent: why}`. */
  readonly minions?: Readonly<Record<string, Json>>;
  /** What its functions give, or `{fails: why}`. */
  readonly functions?: Readonly<Record<string, Json>>;
  /** Ids that will be in events. */
  readonly seen?: readonly string[];
  /** The run is a test run: minions are asked what they would change. */
  readonly rehearses?: boolean;
}

/** What a machine of an orchestration has, besides the rest. What it is asked to do is told in `asked`. */
export function masterParts(
  { minions = {}, functions = {}, seen = [], rehearses = false }: FakeMaster,
  asked: string[],
): Pick<Machine, 'master' | 'perform'> {
  const targets = (tgt: string | readonly string[], type: string): { minions: string[]; missing: string[] } => {
    const names = typeof tgt === 'string' ? tgt.split(',') : [...tgt];
    const there = Object.keys(minions);
    if (type !== 'list') return { minions: there.filter(fnmatch(names.join(','))), missing: [] };
    return {
      minions: names.filter((id) => there.includes(id)),
      missing: names.filter((id) => !there.includes(id)),
    };
  };

  function ending(id: string): MinionEnding {
    const said = minions[id] ?? null;
    const bare = { id, answered: true, success: true, retcode: 0, return: said };
    if (!isMap(said)) return bare;
    if ('silent' in said)
      return { ...bare, answered: false, success: false, reason: asText(said['silent']), return: null };
    if (!('fails' in said)) return bare;
    return { ...bare, success: false, retcode: Number(said['fails']), return: said['answer'] ?? null };
  }

  function answer(fun: string): { answer: Json; error?: string } {
    const said = functions[fun] ?? null;
    return isMap(said) && 'fails' in said ? { answer: null, error: asText(said['fails']) } : { answer: said };
  }

  function perform(step: Step): MasterStepResult {
    if (!isMasterStep(step)) throw new Error(`not a master's: ${step.do}`);
    asked.push(JSON.stringify(step));
    if (step.do === 'await') return { did: 'await', seen: step.ids.filter((id) => seen.includes(id)), seconds: 1.5 };
    if (step.do === 'master') return { did: 'master', answers: step.calls.map(({ fun }) => answer(fun)) };
    const { minions: all, missing } = targets(step.job.tgt, step.job.tgt_type);
    const there = all.slice(0, step.job.subset);
    const unknown = missing.map((id) => ({ ...ending(id), answered: false, success: false, reason: 'unknown' }));
    return { did: 'publish', endings: [...unknown, ...there.map(ending)] };
  }

  return {
    master: {
      targets: async (tgt, type) => targets(tgt, type),
      rehearse: rehearses ? async ({ tgt, tgt_type: type }) => targets(tgt, type).minions.map(ending) : undefined,
    },
    perform: async (step) => perform(step),
  };
}
