import type { JsonMap } from '../../lib/json.ts';
import type { GrainSource } from './source.ts';

/** Kernel, init system, and the process that the minion is. */
export function systemGrains(source: GrainSource): JsonMap {
  const { uname, env } = source;
  const path = (env.PATH ?? '').trim();
  const machineId = source.readText('/etc/machine-id')?.trim() || source.readText('/var/lib/dbus/machine-id')?.trim();
  return {
    kernel: uname.sysname,
    kernelrelease: uname.release,
    kernelversion: uname.version,
    cpuarch: uname.machine,
    init: initSystem(source),
    ...systemdGrains(source),
    ...(machineId ? { machine_id: machineId } : {}),
    path,
    systempath: path.split(':'),
    shell: env.SHELL || '/bin/sh',
    pid: source.pid,
    uid: source.uid,
    gid: source.gid,
    username: nameIn(source.readText('/etc/passwd'), source.uid),
    groupname: nameIn(source.readText('/etc/group'), source.gid),
    locale_info: localeGrains(source),
    efi: source.exists('/sys/firmware/efi'),
  };
}

function initSystem(source: GrainSource): string {
  if (source.exists('/run/systemd/system')) return 'systemd';
  const [first = '', ...rest] = (source.readText('/proc/1/cmdline') ?? '').split('\0').filter(Boolean);
  const program = first.split('/').at(-1) ?? '';
  if (program === 'my_init' || (program === 'runit' && rest.length === 0)) return 'runit';
  if (['supervisord', 'dumb-init', 'tini'].includes(program)) return program;
  if (program !== 'init') return 'unknown';
  if (source.exists('/etc/init/')) return 'upstart';
  return source.exists('/etc/inittab') ? 'sysvinit' : 'unknown';
}

/** Its version stands in the name of its shared library; `systemctl --version` would be a process. */
function systemdGrains(source: GrainSource): JsonMap {
  const machine = source.uname.machine;
  const folders = ['/usr/lib/systemd', `/usr/lib/${machine}-linux-gnu/systemd`, '/usr/lib64/systemd'];
  for (const name of folders.flatMap((folder) => source.list(folder))) {
    const version = /^libsystemd-shared-(\d+)[^/]*\.so$/.exec(name)?.[1];
    if (version !== undefined) return { systemd: { version } };
  }
  return {};
}

/** The name that a number has in passwd or group; the number as text when it has none. */
function nameIn(table: string | undefined, number: number): string {
  const entry = (table ?? '').split('\n').find((line) => line.split(':')[2] === String(number));
  return entry?.split(':')[0] ?? String(number);
}

/** As Python's `getlocale` has it: the plain C locale counts as en_US in UTF-8. */
function localeGrains({ env }: GrainSource): JsonMap {
  const [language = '', encoding = 'UTF-8'] =
    (env.LC_ALL || env.LC_CTYPE || env.LANG || '').split('@')[0]?.split('.') ?? [];
  const plain = ['', 'C', 'POSIX'].includes(language);
  return {
    defaultlanguage: plain ? 'en_US' : language,
    defaultencoding: plain || /^utf-?8$/i.test(encoding) ? 'UTF-8' : encoding,
    detectedencoding: 'utf-8',
  };
}
