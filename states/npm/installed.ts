import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { callNpm, commonArgs, readModules, type Module, type NpmFacts } from './modules.ts';
import { isInRange } from './semver.ts';

const args = v.strictObject({
  name: v.string(),
  pkgs: v.optional(v.array(arg.operand)),
  ...commonArgs,
  force_reinstall: arg.flag(false),
  registry: v.optional(arg.operand),
  env: v.optional(arg.variables),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, NpmFacts>({
  summary: 'Packages of npm are installed, for the machine or in a directory.',
  example: `
tools:
  npm.installed:
    - pkgs:
      - typescript@^5.0
      - left-pad
    - dir: /srv/app
`,
  args,
  reads: ['files', 'accounts', 'packages'],
  check: (given) =>
    namesOf(given).some((name) => !/^[^-\s][^\s]*$/.test(name)) ? 'a package is a name, or name@version' : undefined,
  read: readModules,

  plan(given, { problem, modules }): Plan {
    const wanted = namesOf(given);
    if (problem !== undefined) return impossible(`Error looking up '${given.name}': ${problem}`);
    const there = wanted.map((text) => [text, find(text, modules)] as const);
    const todo = there.flatMap(([text, found]) => (found === undefined || given.force_reinstall ? [text] : []));
    const right = there.flatMap(([text, found]) => (found !== undefined && !todo.includes(text) ? [found] : []));
    const satisfied = `Package(s) '${wanted.join(', ')}' satisfied by ${right.join(', ')}`;
    if (todo.length === 0) return alreadyRight(satisfied);
    const registry = given.registry === undefined ? [] : [`--registry=${given.registry}`];
    return {
      changes: { old: [], new: todo },
      comment: [
        `NPM package(s) '${todo.join(', ')}' are set to be installed`,
        ...(right.length > 0 ? [satisfied] : []),
      ].join('. '),
      done: `Package(s) '${todo.join(', ')}' successfully installed`,
      steps: [
        {
          do: 'run',
          command: callNpm(given, ['install', ...registry, ...(given.force_reinstall ? ['--force'] : []), ...todo]),
          must: true,
        },
      ],
    };
  },
});

const namesOf = ({ name, pkgs }: Args): readonly string[] => pkgs ?? [name];

/** The installed one that will do, as `name@version`. */
function find(text: string, modules: Readonly<Record<string, Module>>): string | undefined {
  const [, name = text, range] = /^(@?[^@]+)(?:@(.+))?$/.exec(text) ?? [];
  const address =
    /[:/]/.test(name) && !name.startsWith('@') ? text : range !== undefined && /[:/]/.test(range) ? range : undefined;
  if (address !== undefined) {
    const bare = (url: string): string => url.replace(/^(git\+)?[a-z]+:\/\/|#.*$|^git\+/g, '').replace(/#.*$/, '');
    const found = Object.entries(modules).find(
      ([, { resolved }]) => resolved !== undefined && bare(resolved) === bare(address),
    );
    return found && `${found[0]}@${found[1].version}`;
  }
  const module = modules[name];
  // Which version a tag means, only the registry knows.
  if (!module || (range !== undefined && isInRange(module.version, range) === false)) return undefined;
  return `${name}@${module.version}`;
}
