import { posix } from 'node:path';
import * as v from 'valibot';
import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import {
  defaultSysctlFile,
  parseSysctl,
  readSysctl,
  readSysctlFile,
  sysctlName,
  sysctlPath,
} from '../../lib/system/sysctl.ts';

const args = v.strictObject({
  name: v.pipe(v.string(), v.regex(sysctlName, 'a setting of the kernel, such as net.ipv4.ip_forward')),
  value: v.pipe(
    v.union([v.string(), v.number()], 'text or a number'),
    v.transform(String),
    v.trim(),
    v.regex(/^[^\r\n\0]+$/, 'one line'),
  ),
  config: v.optional(v.pipe(v.string(), v.startsWith('/', 'an absolute path'))),
});

interface Facts {
  readonly path: string;
  readonly lines: readonly string[];
  readonly needsFolder: boolean;
  /** Whether a kernel runs what is managed here. */
  readonly running: boolean;
  readonly exists: boolean;
  readonly now: string | undefined;
}

export default defineState<typeof args, Facts>({
  summary: 'A setting of the kernel has this value, now and after the next start.',
  example: `
net.ipv4.ip_forward:
  sysctl.present:
    - value: 1
`,
  args,
  reads: ['files'],

  read({ name, config }, { files }) {
    const path = config ?? defaultSysctlFile(files);
    return {
      path,
      lines: readSysctlFile(files, path),
      needsFolder: files.follow(posix.dirname(path)) === undefined,
      running: files.follow('/proc/sys/kernel')?.kind === 'directory',
      exists: files.follow(sysctlPath(name)) !== undefined,
      now: readSysctl(files, name),
    };
  },

  plan({ name, value }, { path, lines, needsFolder, running, exists, now }) {
    if (running && !exists) return impossible(`Failed to set ${name} to ${value}: sysctl ${name} does not exist`);
    const isIt = (line: string): boolean => sysctlPath(parseSysctl(line)?.name ?? '') === sysctlPath(name);
    const kept = lines.filter(isIt);
    const isKept = kept.length > 0 && kept.every((line) => isSame(parseSysctl(line)?.value, value));
    // What only can be written is written when it is new.
    const isNow = !running || (now === undefined ? isKept : isSame(now, value));
    if (isKept && isNow) return alreadyRight(`Sysctl value ${name} = ${value} is already set`);
    const steps: Step[] = [];
    if (!isNow) steps.push(assign(name, value));
    if (!isKept) {
      const line = `${name} = ${value}`;
      const [first] = kept;
      const next = lines.flatMap((old) => (old === first ? [line] : isIt(old) ? [] : [old]));
      const text = (first === undefined ? [...lines, line] : next).map((one) => `${one}\n`).join('');
      if (needsFolder) steps.push({ do: 'mkdir', path: posix.dirname(path), parents: true });
      steps.push({ do: 'write', path, content: Buffer.from(text) });
    }
    return {
      changes: { [name]: value },
      comment: running
        ? comment(name, value, isNow, isKept)
        : `Sysctl option ${name} would be changed to ${value} in ${path}`,
      done: `Updated sysctl value ${name} = ${value}`,
      steps,
    };
  },
});

function comment(name: string, value: string, isNow: boolean, isKept: boolean): string {
  if (isNow) {
    return `Sysctl value is currently set on the running system but not in a config file. Sysctl option ${name} set to be changed to ${value} in config file.`;
  }
  return isKept
    ? `Sysctl value ${value} is present in configuration file but is not present in the running config. ${name} is set to be changed to ${value}`
    : `Sysctl option ${name} would be changed to ${value}`;
}

/** The kernel has tabs between numbers where people write blanks. */
function isSame(one: string | undefined, other: string): boolean {
  return one?.split(/\s+/).join(' ') === other.split(/\s+/).join(' ');
}

/** Not all have sysctl(8), all have tee(1); it fails with the kernel's reason. */
function assign(name: string, value: string): Step {
  const path = sysctlPath(name);
  return {
    do: 'run',
    command: { argv: ['tee', '--', path], stdin: `${value}\n` },
    must: true,
    foretells: [{ do: 'write', path, content: Buffer.from(`${value}\n`) }],
  };
}
