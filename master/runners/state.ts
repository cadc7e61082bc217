import * as v from 'valibot';
import { BASE } from '../../lib/environments.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { exclusions } from '../../lib/exclusions.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { singleState } from '../../lib/state-runs.ts';
import type { Runner, RunnerTable } from './runner.ts';
import { countOf, truthOf } from './values.ts';
import type { Asked, Orchestrations } from '../orchestrate/orchestrations.ts';

/** The runner functions of orchestrations. */
export function orchestrationRunners(orchestrations: () => Orchestrations): RunnerTable {
  const orchestrate: Runner = {
    summary:
      'runs state files with the master in place of a minion, without what `exclude` names; `orchestration_jid` names one that is waited for',
    takes: ['mods', 'saltenv', 'test', 'exclude', 'pillar', 'pillarenv', 'orchestration_jid'],
    needs: 1,
    begins: true,
    run: (args, caller) => {
      const jid = args['orchestration_jid'];
      return orchestrations().orchestrate(requestOf(args), caller, jid === undefined ? undefined : asText(jid));
    },
  };
  const show: Runner = {
    summary: 'the state files of an orchestration as high data, by the id of the master; nothing is run',
    takes: ['mods', 'saltenv', 'pillar', 'pillarenv'],
    needs: 1,
    run: (args, caller) => orchestrations().show(requestOf(args), caller),
  };
  return {
    'state.orchestrate': orchestrate,
    'state.orch': orchestrate,
    'state.sls': orchestrate,
    'state.orchestrate_single': {
      summary:
        'runs one state of orchestrations that is given here, such as `salt.function`, with its arguments by name',
      takes: ['fun', 'name', 'test', 'pillar'],
      needs: 2,
      begins: true,
      keywords: 'arguments',
      run: ({ fun, name, arguments: args, ...more }, caller) => {
        const given = singleState(asText(fun), asText(name), isMap(args) ? (args as JsonMap) : {});
        return orchestrations().orchestrate({ ...optionsOf(more), mods: ['orchestrate_single'], given }, caller);
      },
    },
    'state.orchestrate_high': {
      summary: 'runs states of orchestrations that are given here as a state file has them',
      takes: ['data', 'test', 'pillar'],
      needs: 1,
      begins: true,
      run: ({ data: given, ...more }, caller) => {
        if (!isMap(given)) throw runnerErrors.badArgument({ name: 'data', expected: 'a map', given: asText(given) });
        const high = given as JsonMap;
        return orchestrations().orchestrate({ ...optionsOf(more), mods: ['orchestrate_high'], given: high }, caller);
      },
    },
    'state.orchestrate_show_sls': show,
    'state.orch_show_sls': show,
    'state.orchestrations': {
      summary: 'the newest orchestrations, and how far they are',
      takes: ['limit'],
      run: ({ limit }) => orchestrations().list(countOf('limit', limit, 20)),
    },
  };
}

function requestOf({ mods = '', exclude, ...more }: JsonMap): Asked {
  const given = Array.isArray(mods) ? mods.map(asText) : asText(mods).split(',');
  const names = given.map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) throw orchestrationErrors.noMods(undefined);
  return {
    ...optionsOf(more),
    mods: names,
    ...(exclude === undefined || exclude === null ? {} : { exclude: exclusionsOf(exclude) }),
  };
}

function optionsOf({ saltenv, test, pillar, pillarenv }: JsonMap): Omit<Asked, 'mods'> {
  if (pillar !== undefined && pillar !== null && !isMap(pillar)) throw orchestrationErrors.badPillar(undefined);
  return {
    saltenv: saltenv === undefined || saltenv === null ? BASE : asText(saltenv),
    test: truthOf('test', test, undefined),
    pillar: pillar ?? {},
    ...(pillarenv === undefined || pillarenv === null ? {} : { pillarenv: asText(pillarenv) }),
  };
}

function exclusionsOf(given: Json): Asked['exclude'] {
  const parsed = v.safeParse(exclusions, given);
  if (parsed.success) return parsed.output;
  const [{ message }] = parsed.issues;
  throw runnerErrors.badArgument({ name: 'exclude', expected: message, given: JSON.stringify(given) });
}
