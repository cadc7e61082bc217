import { readFileSync } from 'node:fs';
import path from 'node:path';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { placeAt } from '../../lib/place.ts';
import { keysOf } from '../../lib/yaml/maps.ts';
import { loadYaml, type YamlFile } from '../../lib/yaml/load.ts';
import { isMap } from '../../lib/json.ts';
import { isTypeScript, moduleOnDisk } from '../../lib/modules/disk-tree.ts';
import { readParts } from '../../lib/modules/parts.ts';
import { readReactions } from '../../master/reactor/sls/reactions.ts';
import { standIns } from '../../master/reactor/sls/stand-ins.ts';
import { treeOfRoots } from '../../states/engine/roots.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import type { Checked } from '../check.ts';
import { functionHint, masterFunctionHint } from './functions.ts';

/** Reactor files: what they say depends on the event, so that only what no event can mend is told. */
export async function checkReactors(place: string, isDirectory: boolean): Promise<Checked> {
  const folder = isDirectory ? place : path.dirname(place);
  const names = isDirectory
    ? treeOfRoots([place])
        .list('')
        .filter((name) => name.endsWith('.sls') || isTypeScript(name))
    : [path.basename(place)];
  const errors = await Promise.all(names.map((name) => checkReactor(path.join(folder, name))));
  return { kind: 'reactor files', files: names.length, errors: errors.flat() };
}

async function checkReactor(file: string): Promise<readonly TsaltError[]> {
  try {
    if (isTypeScript(file)) {
      // What it does depends on the event, too: it is read, and not run.
      const { entry, tree } = moduleOnDisk(path.resolve(file));
      await readParts(entry, tree);
      return [];
    }
    const source = readFileSync(file, 'utf8');
    compileTemplate(source, file);
    const yaml = loadYaml(withoutTemplate(source), file, (offset) => placeAt(file, source, offset));
    // Of two branches both are there now: that is no mistake of the file.
    if (yaml.errors.length > 0) return source.includes('{{') ? [] : yaml.errors;
    return [...unreadable(yaml, source), ...(await unknownFunctions(yaml))];
  } catch (thrown) {
    if (thrown instanceof TsaltError) return [thrown, ...thrown.others];
    throw thrown;
  }
}

/** The first reaction that is none. */
function unreadable(yaml: YamlFile, source: string): TsaltError[] {
  const lines = source.split('\n');
  try {
    // A target that a template makes is none yet.
    readReactions(yaml, standIns('check'), (path) => !lines[yaml.placeOf(path).line - 1]?.includes('{{'));
    return [];
  } catch (thrown) {
    if (thrown instanceof TsaltError) return [thrown];
    throw thrown;
  }
}

/** The text with a name in place of what a template prints and blanks in place of its blocks and partials; every place stays. */
function withoutTemplate(source: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, ' ');
  return source
    .replace(/\{\{~?#\*inline\b[^]*?\{\{~?\/inline~?\}\}/g, blank)
    .replace(/\{\{\{?(!--[^]*?--|[^]*?)\}?\}\}/g, (tag, inner: string) =>
      /^~?[#/!>^*]|^~?else\b/.test(inner) ? blank(tag) : `x.${'x'.repeat(tag.length - 2)}`,
    );
}

/** Reactions whose function is not there. What a template names is not known, and a module of one's own may be anything. */
async function unknownFunctions(yaml: YamlFile): Promise<TsaltError[]> {
  const errors: TsaltError[] = [];
  const { data } = yaml;
  if (!isMap(data)) return errors;
  for (const id of keysOf(data)) {
    const body = data[id];
    for (const key of isMap(body) ? keysOf(body) : []) {
      const [client = '', ...rest] = key.split('.');
      const fun = rest.join('.');
      const hint = await hintOf(client, fun);
      if (hint === undefined) continue;
      errors.push(
        reactorErrors.badReaction(
          { what: `there is no ${client} function '${fun}'` },
          { place: yaml.placeOf([id, key]), hint },
        ),
      );
    }
  }
  return errors;
}

async function hintOf(client: string, fun: string): Promise<string | undefined> {
  // A template names it.
  if (fun.startsWith('x.x')) return undefined;
  if (client === 'runner' || client === 'wheel') return masterFunctionHint(client, fun);
  return client === 'local' || client === 'cmd' ? functionHint(fun) : undefined;
}
