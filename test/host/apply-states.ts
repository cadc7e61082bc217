import { readFileSync } from 'node:fs';
import type { Command } from '../../lib/contracts/machine.ts';
import type { StateFunction, StateSchema } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { createMachine, localParts } from '../../minion/machine/machine.ts';
import { createPackages } from '../../minion/machine/packages.ts';
import { createServices } from '../../minion/machine/services.ts';
import { lookAtInit } from '../../minion/machine/services/init.ts';
import { builtinStates } from '../../states/registry.ts';

/*
 * Started on a host: does the states that its input lists (JSON: `[{fun, args, test?, changed?}]`) one after another on
 * that machine, as one run, and prints what came of each and which commands it took. No files of states, no requisites.
 */

export interface Asked {
  readonly fun: string;
  readonly args: Readonly<Record<string, unknown>> & { readonly name: string };
  /** Stops after the plan. */
  readonly test?: boolean;
  /** Something it watches has changed. */
  readonly changed?: boolean;
}

export interface Answered {
  readonly result: boolean | null;
  readonly comment: string;
  readonly changes: Record<string, unknown>;
  /** Milliseconds. */
  readonly took: number;
  /** The programs that were started. */
  readonly ran: readonly string[];
}

const parts = localParts('/');
let ran: string[] = [];
const processes = {
  ...parts.processes,
  run(command: Command) {
    ran.push(command.argv.join(' '));
    return parts.processes.run(command);
  },
};
const nothing = (): never => {
  throw new Error('there is no state tree here');
};
const machine = createMachine({
  ...parts,
  id: 'host',
  grains: {},
  pillar: {},
  opts: {},
  sources: { read: nothing, list: nothing },
  render: nothing,
  saltenv: 'base',
  inEnvironment: nothing,
  processes,
  packages: createPackages({ files: parts.files, processes, uid: process.getuid?.() ?? -1 }),
  services: createServices({ root: '/', processes, init: lookAtInit() }),
});

async function apply({ fun, args, test, changed }: Asked): Promise<Omit<Answered, 'took' | 'ran'>> {
  const state = (await builtinStates.load(fun)) as StateFunction<StateSchema>;
  const facts = await state.read(args, machine);
  const own = state.plan(args, facts);
  const plan = changed && own.steps.length === 0 ? (state.refresh?.(args, facts, []) ?? own) : own;
  const { changes, comment } = plan;
  if (plan.impossible) return { result: false, changes, comment };
  if (plan.steps.length === 0 || test) return { result: plan.steps.length === 0 ? true : null, changes, comment };
  const results = [];
  for (const step of plan.steps) results.push(await machine.perform(step));
  return state.report?.(plan, results, args) ?? { result: true, changes, comment: plan.done ?? comment };
}

const answers: Answered[] = [];
for (const asked of JSON.parse(readFileSync(0, 'utf8')) as Asked[]) {
  ran = [];
  const began = performance.now();
  const outcome = await apply(asked).catch((error: unknown) => ({
    result: false,
    changes: {},
    comment: messageOf(error),
  }));
  answers.push({ ...outcome, took: Math.round(performance.now() - began), ran });
}
process.stdout.write(JSON.stringify(answers));
