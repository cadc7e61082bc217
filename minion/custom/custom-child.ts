import { readFileSync, writeSync } from 'node:fs';
import { treeOfFiles } from '../../lib/custom/files.ts';
import { loadCustom } from '../../lib/custom/load.ts';
import { customErrors } from '../../lib/errors/custom.ts';
import { describe } from '../../lib/describe.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { ModuleTree } from '../../lib/modules/load.ts';
import { packError } from '../../lib/system/child/channel.ts';
import type { SentFile, Turn, TurnsWork } from './turns.ts';

/*
 * The program of the processes that an operator's own code runs in outside of jobs: `turns` looks at files one after the
 * other, and answers a line for each; otherwise it is that of a beacon.
 */

/** Where answers go: the first one beyond the usual three. */
const ANSWERS = 3;

function treeFor(files: readonly SentFile[], environment: string): ModuleTree {
  const own = files.filter((file) => file.environment === environment);
  const shown = new Map(own.map((file) => [file.path, file.shown]));
  return treeOfFiles(
    Object.fromEntries(own.map(({ path, base64 }) => [path, Buffer.from(base64, 'base64')])),
    (path) => shown.get(path) ?? path,
  );
}

async function turns(): Promise<void> {
  const work = JSON.parse(readFileSync(0, 'utf8')) as TurnsWork & { readonly turns: readonly Turn[] };
  for (const turn of work.turns) {
    let said: JsonMap;
    try {
      said = { value: await take(turn, work) };
    } catch (thrown) {
      const all = thrown instanceof TsaltError ? [thrown, ...thrown.others] : [thrown];
      said = { errors: all.map(packError) };
    }
    writeSync(ANSWERS, `${JSON.stringify(said)}\n`);
  }
  // What it has left running has no say.
  process.exit(0);
}

async function take({ kind, environment, path }: Turn, { what, files, given }: TurnsWork): Promise<Json> {
  const loaded = await loadCustom(kind, path, treeFor(files, environment));
  if (what === 'try' || !given) return [...loaded.functions];
  const { grainContext } = await import('./grain-context.ts');
  // Its kind's shape has it.
  const gather = loaded.value as (context: unknown) => unknown;
  return loaded.during(async () => {
    const text = JSON.stringify(await gather(grainContext(given)));
    const made: unknown = text === undefined ? undefined : JSON.parse(text);
    if (!isMap(made)) throw customErrors.notGrains({ found: describe(made) });
    return made as JsonMap;
  });
}

async function main(): Promise<void> {
  if (process.argv[2] === 'turns') return turns();
  const { serveBeacon } = await import('./beacon-child.ts');
  serveBeacon(treeFor);
}

void main();
