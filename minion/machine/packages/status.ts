import type { PackageFacts } from '../../../lib/contracts/machine.ts';

/** What a dpkg database says. */
export interface DpkgStatus {
  /** The architecture that goes without saying in names. */
  readonly native: string;
  /** Native ones and `Architecture: all` by name, foreign ones as `name:arch`. */
  readonly packages: ReadonlyMap<string, PackageFacts>;
}

/** Reads dpkg's `status` file (dpkg-query(1), deb-control(5)): paragraphs of fields, one a package and architecture. */
export function parseStatus(text: string, native: string | undefined): DpkgStatus {
  const paragraphs = text.split('\n\n');
  const dpkg = paragraphs.find((paragraph) => fieldOf(paragraph, 'Package') === 'dpkg');
  const known = native ?? fieldOf(dpkg ?? '', 'Architecture') ?? 'all';
  const packages = new Map<string, PackageFacts>();
  for (const paragraph of paragraphs) {
    const name = fieldOf(paragraph, 'Package');
    const state = stateOf(fieldOf(paragraph, 'Status') ?? '');
    if (name === undefined || state === undefined) continue;
    const arch = fieldOf(paragraph, 'Architecture') ?? 'all';
    const version = fieldOf(paragraph, 'Version') ?? '';
    const held = state !== 'config-files' && /^Status: hold /m.test(paragraph) ? { held: true } : {};
    packages.set(arch === 'all' || arch === known ? name : `${name}:${arch}`, { version, state, ...held });
  }
  return { native: known, packages };
}

/** A field stands at the start of a line; what is looked for here never goes on over several. */
function fieldOf(paragraph: string, field: string): string | undefined {
  const label = `${field}: `;
  const isFirst = paragraph.startsWith(label);
  const line = isFirst ? 0 : paragraph.indexOf(`\n${label}`) + 1;
  if (line === 0 && !isFirst) return undefined;
  const end = paragraph.indexOf('\n', line);
  return paragraph.slice(line + label.length, end < 0 ? undefined : end).trim();
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
