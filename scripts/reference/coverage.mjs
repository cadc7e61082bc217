import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { commonNames } from '../../dist/states/engine/common-arguments.js';
import { requisiteKinds } from '../../dist/states/engine/common.js';
import { builtinStates, otherNames } from '../../dist/states/registry.js';
import { absentFunctions, absentModules, ownFunctions, tested } from './absent.mjs';
import { code, table } from './markdown.mjs';

const root = path.resolve(import.meta.dirname, '..', '..');
const fixtures = path.join(root, 'test', 'fixtures');
/** Salt's functions and their arguments, as Salt itself tells them. */
const salts = JSON.parse(readFileSync(path.join(fixtures, 'salt', 'functions.json'), 'utf8'));
const ofEngine = new Set([...commonNames, ...requisiteKinds]);

/** How a function is tested: the cases of its fixture, or where else. */
function shownBy(name) {
  const file = path.join(fixtures, 'states', `${name}.yaml`);
  if (existsSync(file)) {
    const { length } = Object.keys(parse(readFileSync(file, 'utf8')));
    return `${length} case${length === 1 ? '' : 's'}`;
  }
  const [module, fun] = name.split('.');
  const elsewhere = (tested[module] ?? []).filter((test) => {
    const text = readFileSync(path.join(root, test), 'utf8');
    return text.includes(name) || text.includes(`'${fun}'`);
  });
  if (elsewhere.length === 0)
    throw new Error(`${name} has no cases in test/fixtures/states, and no other test names it`);
  return elsewhere.join(', ');
}

async function row(module, fun, args) {
  const name = `${module}.${fun}`;
  if (!builtinStates.names.includes(name)) {
    const reason = absentFunctions[name];
    if (reason === undefined) throw new Error(`${name} is neither done nor said to be absent (absent.mjs)`);
    return [code(name), 'absent', reason, ''];
  }
  const { entries } = (await builtinStates.load(name)).args;
  const missing = args.filter((arg) => !Object.hasOwn(entries, arg) && !ofEngine.has(arg));
  const shown = Object.hasOwn(otherNames, name) ? `another name of ${code(otherNames[name])}` : shownBy(name);
  const reasons = missing.map((arg) => {
    const reason = builtinStates.whyAbsent(name, arg);
    if (reason === undefined)
      throw new Error(`${name} takes no ${arg}, and nothing says why (states/absent-arguments.ts)`);
    return [arg, reason];
  });
  const said = [...new Set(reasons.map(([, reason]) => reason))].map((reason) => {
    const args = reasons.filter(([, other]) => other === reason).map(([arg]) => code(arg));
    return `${args.join(', ')}: ${reason}`;
  });
  return [code(name), 'done', shown, said.join('; ')];
}

/** From Salt's own list, the registry and the fixtures. */
export default async () => {
  const rows = [];
  for (const [module, functions] of Object.entries(salts)) {
    for (const [fun, args] of Object.entries(functions)) rows.push(await row(module, fun, args));
  }
  const known = new Set(
    Object.entries(salts).flatMap(([module, functions]) => Object.keys(functions).map((fun) => `${module}.${fun}`)),
  );
  const own = builtinStates.names.filter((name) => !known.has(name));
  for (const name of own)
    if (ownFunctions[name] === undefined)
      throw new Error(`${name} is not Salt's, and nothing says why it is here (absent.mjs)`);
  const done = rows.filter(([, state]) => state === 'done').length;
  return `# What of Salt's states is here

Of the ${rows.length} functions of the modules that people use most, ${done} are done, each with its tests; the others are absent, with the
reason. An argument that a function does not take is an error when the tree is compiled, with the reason or the nearest right name;
it is never ignored.

${table(['function', '', 'shown by, or why not', 'arguments of Salt 3007 that it does not take, and why'], rows)}

## Beyond that list

${table(
  ['function', 'why'],
  own.map((name) => [code(name), ownFunctions[name]]),
)}

## Modules that are absent

${table(
  ['module', 'why'],
  Object.entries(absentModules).map(([name, why]) => [code(name), why]),
)}
`;
};
