import type { FileView } from '../contracts/machine.ts';
import { textOf } from '../text.ts';

/* Settings of the running kernel, sysctl(8), and those of the next start, sysctl.conf(5). */

/** Dots between the parts, or slashes: what the first of them is, separates, the other one belongs to a name (`eth0.100`). */
export function sysctlPath(name: string): string {
  const dots = name.search(/[./]/) !== -1 && name[name.search(/[./]/)] === '.';
  const parts = dots ? name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.')) : name;
  return `/proc/sys/${parts}`;
}

export const sysctlName = /^[A-Za-z0-9_][A-Za-z0-9_:-]*([./][A-Za-z0-9_:@-]+)+$/;

/** What the kernel has now; undefined for what it does not have, or does not tell. */
export function readSysctl(files: FileView, name: string): string | undefined {
  const path = sysctlPath(name);
  if (files.follow(path)?.kind !== 'file') return undefined;
  try {
    return files.read(path).toString('utf8').trim();
  } catch {
    // Some can only be written.
    return undefined;
  }
}

/** A file of settings; one that is not there is empty. */
export function readSysctlFile(files: FileView, path: string): readonly string[] {
  if (files.follow(path)?.kind !== 'file') return [];
  const lines = textOf(files.read(path), path).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** `name = value`; undefined for comments and anything else. */
export function parseSysctl(line: string): { readonly name: string; readonly value: string } | undefined {
  const [, name, value] = /^\s*-?([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
  return name === undefined || value === undefined ? undefined : { name, value };
}

/** Where settings are kept: systemd reads no /etc/sysctl.conf. Salt's file, so that its settings go on. */
export function defaultSysctlFile(files: FileView): string {
  return files.follow('/etc/sysctl.d')?.kind === 'directory' ? '/etc/sysctl.d/99-salt.conf' : '/etc/sysctl.conf';
}
