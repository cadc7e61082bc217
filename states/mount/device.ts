import type { FileView } from '../../lib/contracts/machine.ts';
import { realDevice, type Mounted } from '../../lib/system/mounts.ts';

interface Asked {
  readonly device: string;
  readonly opts: string;
  readonly device_name_regex: readonly string[];
}

/** Whether what is mounted is the device that is asked for, whatever names they have. */
export function isDevice(asked: Asked, active: Mounted, all: readonly Mounted[], files: FileView): boolean {
  const { device, opts, device_name_regex: patterns } = asked;
  if (patterns.some((pattern) => new RegExp(`^(?:${pattern})`).test(active.device))) return true;
  if (/(^|,)r?bind(,|$)/.test(opts)) return isBindOf(device, active, all, files);
  // `sshfs#host:` is `host:` once it is mounted.
  const names = [device, device.replace(/^\w+#/, '')];
  if (names.includes(active.device)) return true;
  const real = realDevice(files, device);
  return real === realDevice(files, active.device) || real === backingFile(active.device, files);
}

/** A directory mounted once more is the same place of the same file system. */
function isBindOf(directory: string, active: Mounted, all: readonly Mounted[], files: FileView): boolean {
  if (active.device === directory) return true;
  const path = realDevice(files, directory);
  const isBelow = (point: string): boolean => point === '/' || path === point || path.startsWith(`${point}/`);
  const above = all
    .filter(({ point }) => isBelow(point))
    .reduce<Mounted | undefined>((best, one) => (best && best.point.length > one.point.length ? best : one), undefined);
  if (!above) return false;
  const inside = path.slice(above.point === '/' ? 0 : above.point.length);
  const root = `${above.root === '/' ? '' : above.root}${inside}` || '/';
  return above.number === active.number && root === active.root;
}

/** The file behind a loop device. */
function backingFile(device: string, files: FileView): string | undefined {
  const [, name] = /^\/dev\/(loop\d+)$/.exec(device) ?? [];
  const path = `/sys/block/${name ?? ''}/loop/backing_file`;
  return name !== undefined && files.follow(path)?.kind === 'file'
    ? files.read(path).toString('utf8').trim()
    : undefined;
}
