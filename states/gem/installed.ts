import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { callGem, fulfils, gemArgs, readGem, type GemFacts } from './gems.ts';

const condition = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform(String),
  v.regex(
    /^\s*(>=|<=|!=|~>|=|>|<)?\s*\d[\w.]*(\s*,\s*(>=|<=|!=|~>|=|>|<)?\s*\d[\w.]*)*\s*$/,
    "a version, such as '1.2', '>=1.2' or '~> 1.2'",
  ),
);

const args = v.strictObject({
  ...gemArgs,
  version: v.optional(condition),
  rdoc: arg.flag(false),
  ri: arg.flag(false),
  pre_releases: arg.flag(false),
  proxy: v.optional(v.string()),
  source: v.optional(arg.operand),
});

export default defineState<typeof args, GemFacts>({
  summary: 'A gem is installed for Ruby.',
  example: `
sass:
  gem.installed:
    - version: '>=3.4'
`,
  args,
  reads: ['files', 'accounts', 'packages'],
  read: readGem,

  plan(given, { problem, versions }): Plan {
    const { name, version, rdoc, ri } = given;
    if (problem !== undefined) return impossible(problem);
    const fits = version === undefined ? versions.length > 0 : versions.some((one) => fulfils(one, version));
    if (fits)
      return alreadyRight(
        version !== undefined && /[<>~!]/.test(version)
          ? 'Installed Gem meets version requirements.'
          : 'Gem is already installed.',
      );
    const documents = [...(rdoc ? ['rdoc'] : []), ...(ri ? ['ri'] : [])];
    const words = [
      'install',
      name,
      ...(version === undefined ? [] : [`--version=${version.trim()}`]),
      documents.length > 0 ? `--document=${documents.join(',')}` : '--no-document',
      ...(given.pre_releases ? ['--prerelease'] : []),
      ...(given.source === undefined ? [] : [`--source=${given.source}`]),
    ];
    // A proxy's address may hold a password.
    const env = given.proxy === undefined ? {} : { http_proxy: given.proxy, https_proxy: given.proxy };
    return {
      changes: { [name]: 'Installed' },
      comment: `The gem ${name} would have been installed`,
      done: 'Gem was successfully installed',
      steps: [{ do: 'run', command: callGem(given, words, env), must: true }],
    };
  },
});
