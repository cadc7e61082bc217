import test from 'ava';
import fc from 'fast-check';
import { compileSls } from '../../states/engine/compile.ts';
import { onlyEnvironment } from '../../states/engine/environments.ts';
import { builtinStates } from '../../states/registry.ts';
import { cpuMs } from '../kit/cpu.ts';
import { treeOf } from '../states-engine/kit.ts';

/* State trees of any kind compile, or have mistakes that are told with their places; neither takes long. */

const numRuns = Math.ceil(Number(process.env['TSALT_FUZZ_FRAMES'] ?? 6_000) / 20);
// What is run every day finds the same every day; the long run looks elsewhere, too.
const seeds = process.env['TSALT_FUZZ_FRAMES'] === undefined ? [1] : [1, Math.floor(Math.random() * 2 ** 32)];
/** What one tree may take of the processor, in ms; a busy machine makes that more. */
const mostMs = 400;

const name = fc.constantFrom(
  'a',
  'b',
  'c',
  '/x',
  'a b',
  '__proto__',
  'constructor',
  '*',
  '',
  '0',
  'yes',
  '{{id}}',
  '{{x}}',
);
const fun = fc.constantFrom(
  'file.managed',
  'test.nop',
  'cmd.run',
  'pkg.installed',
  'file',
  'managed',
  'filee.managed',
  'x.y.z',
  '.',
  'service.running',
  'test.succeed_with_changes',
);
const requisite = fc.constantFrom(
  'require',
  'watch',
  'onchanges',
  'onfail',
  'prereq',
  'use',
  'require_in',
  'watch_in',
  'listen',
  'require_any',
  'order',
  'unless',
  'names',
  'name',
  'contents',
  'odd',
);
const value = fc.oneof(
  name,
  fc
    .tuple(fc.constantFrom('file', 'test', 'id', 'sls', 'pkg', 'none'), name)
    .map(([kind, id]) => `[{${kind}: '${id}'}]`),
  fc.constantFrom('1', 'last', 'true', '[]', '{}', '[a, b]', '[{a: {b: c}}]', 'null', "'{{grains.os}}'", '[[[]]]'),
);
const body = fc
  .array(fc.tuple(requisite, value), { maxLength: 4 })
  .map((args) => args.map(([key, what]) => `    - ${key}: ${what}\n`).join(''));
const state = fc
  .tuple(name, fun, body)
  .map(([id, what, args]) => `'${id}':\n  ${what}:${args === '' ? ' []' : ''}\n${args}`);
const head = fc.constantFrom(
  '',
  '',
  'include: [b]\n',
  'include: [a, c, d]\n',
  "include:\n  - '.b'\n",
  "extend:\n  'a':\n    file.managed:\n      - mode: 1\n",
  'exclude: [{id: a}]\n',
  'exclude: [b]\n',
  'include: {a: b}\n',
);
const file = fc.tuple(head, fc.array(state, { maxLength: 5 })).map(([first, states]) => first + states.join(''));
const files = fc.record({ 'a.sls': file, 'b.sls': file, 'c/init.sls': file });

for (const seed of seeds) {
  test(`fuzz: trees of ${seed === 1 ? 'the usual seed' : `seed ${seed}`}, compile or have mistakes with places, and soon`, async (t) => {
    let whole = 0;
    await fc.assert(
      fc.asyncProperty(files, async (made) => {
        const began = cpuMs();
        const context = { id: 'web1', grains: { os: 'Debian' }, pillar: {}, opts: {}, saltenv: 'base' };
        const environments = onlyEnvironment(treeOf(made));
        const { chunks, errors } = await compileSls(['a'], { environments, context, registry: builtinStates });
        for (const { message, place } of errors) if (place === undefined) t.fail(`without a place: ${message}`);
        if (errors.length === 0 && chunks.length > 0) whole++;
        const took = cpuMs() - began;
        if (took > mostMs) t.fail(`${Math.round(took)} ms for ${JSON.stringify(made)}`);
      }),
      { numRuns, seed },
    );
    // Few do: of any other seed there may be none.
    if (seed === 1) t.true(whole > 0, 'none of them compiled');
    t.pass();
  });
}
