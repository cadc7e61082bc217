import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import {
  callPip,
  commonArgs,
  installArgs,
  lastWords,
  lookupOptions,
  readPip,
  type PipFacts,
} from '../../lib/packages/pip.ts';

interface Facts extends PipFacts {
  readonly outdated: readonly { readonly name: string; readonly version: string; readonly latest_version: string }[];
}

const { index_url, extra_index_url, no_index, find_links, trusted_host, cert, extra_args } = installArgs;

const args = v.strictObject({
  name: v.string(),
  ...commonArgs,
  index_url,
  extra_index_url,
  no_index,
  find_links,
  trusted_host,
  cert,
  extra_args,
});

export default defineState<typeof args, Facts>({
  summary: 'All Python packages, of the system or of an environment, are as new as their index has them.',
  example: `
newest-of-all:
  pip.uptodate:
    - bin_env: /opt/app/venv
`,
  args,
  reads: ['files', 'accounts'],

  async read(given, machine): Promise<Facts> {
    const facts = readPip(given, machine);
    if (facts.problem !== undefined) return { ...facts, outdated: [] };
    const words = ['list', '--outdated', '--format=json', ...lookupOptions(given)];
    const result = await machine.processes.run(callPip(facts.pip, words, given));
    return result.code === 0
      ? { ...facts, outdated: JSON.parse(result.stdout) as Facts['outdated'] }
      : { ...facts, outdated: [], problem: lastWords(result) };
  },

  plan(given, { problem, pip, outdated }): Plan {
    if (problem !== undefined) return impossible(problem);
    if (outdated.length === 0) return alreadyRight('System is already up-to-date.');
    const targets = outdated.map((one) => `${one.name}==${one.latest_version}`);
    return {
      changes: Object.fromEntries(
        outdated.map((one) => [one.name, { old: one.version, new: one.latest_version }] as const),
      ),
      comment: 'System update will be performed',
      done: 'Upgrade successful.',
      steps: [
        {
          do: 'run',
          command: callPip(
            pip,
            ['install', '--upgrade', ...lookupOptions(given), ...(given.extra_args ?? []), '--', ...targets],
            given,
          ),
          must: true,
        },
      ],
    };
  },
});
