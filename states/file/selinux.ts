import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';

/* A file's SELinux context: `user:role:type:range`. */

const part = v.optional(v.pipe(v.string(), v.regex(/^[\w.:,-]+$/, 'a name as SELinux has it')));

export const selinuxArg = v.optional(v.strictObject({ seuser: part, serole: part, setype: part, serange: part }));

export type Context = v.InferOutput<typeof selinuxArg>;

const options = { seuser: '--user', serole: '--role', setype: '--type', serange: '--range' } as const;
const names = ['seuser', 'serole', 'setype', 'serange'] as const;

/** The context that something has, nothing of it for what is not there; a sentence where there is no SELinux. */
export async function readContext(
  { files, processes }: Reading,
  path: string,
  isThere: boolean,
): Promise<{ readonly context: NonNullable<Context> } | string> {
  if (!files.look('/sys/fs/selinux/enforce')) return 'selinux: SELinux is not enabled on this machine';
  if (!isThere) return { context: {} };
  const { code, stdout, stderr } = await processes.run({ argv: ['stat', '--format=%C', '--', path] });
  if (code !== 0) return `selinux: ${stderr.trim()}`;
  const [seuser, serole, setype, ...serange] = stdout.trim().split(':');
  return { context: { seuser, serole, setype, serange: serange.join(':') } };
}

/** The parts of the wanted context that are not so; undefined when all is right. */
export function contextChanges(has: Context, wanted: Context): NonNullable<Context> | undefined {
  const differing = names.filter((name) => wanted?.[name] !== undefined && wanted[name] !== has?.[name]);
  return differing.length === 0 ? undefined : Object.fromEntries(differing.map((name) => [name, wanted?.[name]]));
}

export function changeContext(path: string, wanted: NonNullable<Context>): Step {
  const words = names.flatMap((name) => (wanted[name] === undefined ? [] : [`${options[name]}=${wanted[name]}`]));
  return { do: 'run', command: { argv: ['chcon', ...words, '--', path] }, must: true };
}
