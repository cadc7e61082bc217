import type { PackageFacts } from '../../../lib/contracts/machine.ts';

/** What a dpkg database says. */
export interface DpkgStatus {
  /** The architecture that goes without saying in names. */
  readonly native: string;
  /** Native ones and `Architecture: all` by name, foreign ones as `name:arch`. */
  readonly packages: ReadonlyMap<string, PackageFacts>;
}

// Fields stand at the start of a line; what is looked at here never goes on over several.
const field = /^(Package|Status|Architecture|Version): (.*)$/gm;

/** Reads dpkg's `status` file (dpkg-query(1), deb-control(5)): paragraphs of fields, one a package and architecture. */
export function parseStatus(text: string, native: string | undefined): DpkgStatus {
  const paragraphs = text.split('\n\n').map(fieldsOf);
  const known = native ?? paragraphs.find((fields) => fields['Package'] === 'dpkg')?.['Architecture'] ?? 'all';
  const packages = new Map<string, PackageFacts>();
  for (const fields of paragraphs) {
    const { Package: name, Status: status = '', Architecture: arch = 'all', Version: version = '' } = fields;
    const state = stateOf(status);
    if (name === undefined || state === undefined) continue;
    packages.set(arch === 'all' || arch === known ? name : `${name}:${arch}`, { version, state });
  }
  return { native: known, packages };
}

function fieldsOf(paragraph: string): Record<string, string | undefined> {
  return Object.fromEntries([...paragraph.matchAll(field)].map(([, name = '', value = '']) => [name, value.trim()]));
}

/** `want flag status`; one that waits for triggers works already. */
function stateOf(status: string): PackageFacts['state'] | undefined {
  switch (status.split(' ')[2] ?? '') {
    case 'installed':
    case 'triggers-awaited':
    case 'triggers-pending':
      return 'installed';
    case 'config-files':
      return 'config-files';
    case 'half-installed':
    case 'half-configured':
    case 'unpacked':
      return 'partial';
    default:
      return undefined;
  }
}

/** The name that a package has in the database: `hello:amd64` is `hello` where amd64 is native. */
export function databaseName(name: string, native: string): string {
  const [base = name, arch] = name.split(':');
  return arch === native || arch === 'all' || arch === 'any' ? base : name;
}
