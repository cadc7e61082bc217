import type { Reading } from '../contracts/machine.ts';
import { isWeb } from '../sources/download.ts';
import { byTls, fetchSource } from '../sources/fetch-source.ts';
import {
  isInstalled,
  parseRequirement,
  parseRequirements,
  type Distributions,
  type Requirement,
} from './python-packages.ts';

/** The packages of `pkgs`, or the one of the state's name: a sentence where one is not readable. */
export function requirementsOf(texts: readonly string[]): Requirement[] | string {
  const found: Requirement[] = [];
  for (const text of texts) {
    const requirement = parseRequirement(text);
    if (!requirement) {
      return text.includes('=') && !text.includes('==')
        ? `Invalid version specification in package ${text}. '=' is not supported, use '==' instead.`
        : `${JSON.stringify(text)} is no package: expected a name, with '==1.2' or '>=1,<2' behind it, or an address`;
    }
    found.push(requirement);
  }
  return found;
}

/** Files of requirements, as they are given to pip. */
export interface RequirementFiles {
  /** Those of this machine, which pip reads itself. */
  readonly local: readonly string[];
  /** Those of the state tree, as one. */
  readonly carried: Buffer | undefined;
  /** Every line is of a package that is installed. */
  readonly satisfied: boolean;
}

export const isStateTree = (url: string): boolean => url.startsWith('salt://');

/** Reads the files; a sentence when one is missing. */
export async function readRequirementFiles(
  urls: readonly string[],
  cwd: string | undefined,
  there: Distributions,
  machine: Reading,
): Promise<RequirementFiles | string> {
  const texts: string[] = [];
  const local: string[] = [];
  const carried: string[] = [];
  for (const url of urls) {
    // One that is not absolute is below the working directory.
    const place = isStateTree(url) || isWeb(url) || url.startsWith('/') ? url : `${cwd ?? ''}/${url}`;
    const found = await fetchSource(machine, [place], byTls);
    if (typeof found === 'string') return isWeb(url) ? found : `pip requirements file '${url}' not found`;
    const text = found.content.toString();
    texts.push(text);
    if (isStateTree(url)) carried.push(text);
    else local.push(place);
  }
  const lines = texts.flatMap(parseRequirements);
  const satisfied = lines.every((line) => line !== undefined && isInstalled(line, there));
  return { local, carried: carried.length === 0 ? undefined : Buffer.from(carried.join('\n')), satisfied };
}

/** The words that name the files; that of the state tree comes last, where the call puts its path. */
export function fileWords({ local, carried }: RequirementFiles): string[] {
  return [...local.flatMap((path) => ['--requirement', path]), ...(carried ? ['--requirement'] : [])];
}
