import { BASE } from '../../lib/environments.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import { asText, isMap, type JsonMap } from '../../lib/json.ts';
import type { Runner } from './runner.ts';
import type { Asked, Orchestrations } from '../orchestrate/orchestrations.ts';

/** The runner functions of orchestrations. */
export function orchestrationRunners(orchestrations: () => Orchestrations): Readonly<Record<string, Runner>> {
  const orchestrate: Runner = {
    summary: 'runs state files with the master in place of a minion; `orchestration_jid` names one that is waited for',
    takes: ['mods', 'saltenv', 'test', 'pillar', 'pillarenv', 'orchestration_jid'],
    needs: 1,
    run: (args, caller) => {
      const jid = args['orchestration_jid'];
      return orchestrations().orchestrate(requestOf(args), caller, jid === undefined ? undefined : asText(jid));
    },
  };
  return {
    'state.orchestrate': orchestrate,
    'state.orch': orchestrate,
    'state.sls': orchestrate,
    'state.orchestrations': {
      summary: 'the newest orchestrations, and how far they are',
      takes: ['limit'],
      run: ({ limit = 20 }) => orchestrations().list(Number(limit)),
    },
  };
}

function requestOf({ mods = '', saltenv, test, pillar, pillarenv }: JsonMap): Asked {
  if (pillar !== undefined && pillar !== null && !isMap(pillar)) throw orchestrationErrors.badPillar(undefined);
  const given = Array.isArray(mods) ? mods.map(asText) : asText(mods).split(',');
  const names = given.map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) throw orchestrationErrors.noMods(undefined);
  return {
    mods: names,
    saltenv: saltenv === undefined || saltenv === null ? BASE : asText(saltenv),
    ...(typeof test === 'boolean' ? { test } : {}),
    pillar: pillar ?? {},
    ...(pillarenv === undefined || pillarenv === null ? {} : { pillarenv: asText(pillarenv) }),
  };
}
