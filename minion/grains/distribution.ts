import type { JsonMap } from '../../lib/json.ts';
import type { GrainSource } from './source.ts';

/** Salt's short `os` names by the first ten letters of the long one, where they are not simply the long one. */
const shortNames: Readonly<Record<string, string>> = {
  redhatente: 'RedHat',
  arch: 'Arch',
  archarm: 'Arch ARM',
  debian: 'Debian',
  raspbian: 'Raspbian',
  enterprise: 'OEL',
  oracleserv: 'OEL',
  cloudlinux: 'CloudLinux',
  almalinux: 'AlmaLinux',
  scientific: 'ScientificLinux',
  manjaro: 'Manjaro',
  manjarolin: 'Manjaro',
  sles: 'SUSE',
  void: 'Void',
  linuxmint: 'Mint',
  neon: 'KDE neon',
  pop: 'Pop',
  'pop!_os': 'Pop',
  rocky: 'Rocky',
  alibabaclo: 'Alinux',
};

/** os-release's `ID` (or one in `ID_LIKE`) to Salt's `os_family`. */
const families: Readonly<Record<string, string>> = {
  debian: 'Debian',
  ubuntu: 'Debian',
  rhel: 'RedHat',
  fedora: 'RedHat',
  centos: 'RedHat',
  amzn: 'RedHat',
  suse: 'Suse',
  sles: 'Suse',
  opensuse: 'Suse',
  'opensuse-leap': 'Suse',
  'opensuse-tumbleweed': 'Suse',
  arch: 'Arch',
  gentoo: 'Gentoo',
  alpine: 'Alpine',
  void: 'Void',
};

/** dpkg's names of architectures, by Node's. */
const debianArchitectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: 'i386',
  arm: 'armhf',
  ppc64: 'ppc64el',
};

/** The distribution's name and version, as Salt makes them of os-release (freedesktop.org) and lsb-release. */
export function distributionGrains(source: GrainSource): JsonMap {
  const release = assignments(source.readText('/etc/os-release') ?? source.readText('/usr/lib/os-release') ?? '');
  const fullName = (release.NAME ?? source.uname.sysname).trim();
  const os = shortName(fullName);
  const family = familyOf(release, os);
  const version = release.VERSION_ID ?? '';
  const codename = release.VERSION_CODENAME ?? /\((.+)\)/.exec(release.VERSION ?? '')?.[1] ?? '';
  return {
    os,
    os_family: family,
    osfullname: fullName,
    osarch: packageArchitecture(source, family),
    ...(codename ? { oscodename: codename } : {}),
    ...versionGrains(os, fullName, version),
    ...lsbGrains(source, fullName, version, codename),
  };
}

function shortName(fullName: string): string {
  const name = fullName.replace(/\W(?:gnu\/)?linux/i, '').trim();
  return shortNames[name.replaceAll(' ', '').toLowerCase().slice(0, 10)] ?? name;
}

function familyOf(release: Record<string, string>, os: string): string {
  const ids = [release.ID ?? '', ...(release.ID_LIKE ?? '').split(/\s+/)];
  return ids.map((id) => families[id]).find((family) => family !== undefined) ?? os;
}

function versionGrains(os: string, fullName: string, version: string): JsonMap {
  if (!version) return {};
  const parts = version.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const [major = version] = parts;
  const named = os === 'Debian' || os === 'Raspbian' ? os : fullName;
  return {
    osrelease: version,
    osrelease_info: parts,
    ...(typeof major === 'number' ? { osmajorrelease: major } : {}),
    osfinger: `${named}-${os === 'Ubuntu' || os === 'Pop' ? version : major}`,
  };
}

function packageArchitecture(source: GrainSource, family: string): string {
  if (family !== 'Debian') return source.uname.machine;
  // dpkg's own answer, written once a foreign architecture was added: the native one comes first.
  const native = source.readText('/var/lib/dpkg/arch')?.split('\n')[0]?.trim();
  return native || (debianArchitectures[source.arch] ?? source.arch);
}

function lsbGrains(source: GrainSource, fullName: string, version: string, codename: string): JsonMap {
  const lsb = assignments(source.readText('/etc/lsb-release') ?? '');
  const said = Object.entries(lsb)
    .filter(([key]) => key.startsWith('DISTRIB_'))
    .map(([key, value]) => [`lsb_${key.toLowerCase()}`, value]);
  return {
    lsb_distrib_id: fullName,
    ...(version ? { lsb_distrib_release: version } : {}),
    ...(codename ? { lsb_distrib_codename: codename } : {}),
    ...Object.fromEntries(said),
  };
}

/** The `NAME="value"` lines of os-release and its like. */
function assignments(text: string): Record<string, string> {
  const found = [...text.matchAll(/^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/gm)];
  return Object.fromEntries(
    found.map(([, key = '', value = '']) => {
      const [, quoted] = /^(?:"(.*)"|'.*')$/.exec(value) ?? [];
      if (quoted !== undefined) return [key, quoted.replace(/\\([$"\\`])/g, '$1')];
      return [key, value.replace(/^'(.*)'$/, '$1')];
    }),
  );
}
