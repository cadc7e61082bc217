import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { foresee } from '../../minion/machine/foreseen/foreseen.ts';
import { foreseeState, harvest, runState, sandbox, type Thing, type Tree } from './sandbox.ts';

/* Laws that hold for every tree and every state of `file` and `ini`. */

// Another seed and more runs search further; the usual ones are always the same.
const numRuns = Number(process.env['TSALT_PROPERTY_RUNS'] ?? 300);
const seed = Number(process.env['TSALT_PROPERTY_SEED'] ?? 1);

// Few names, so that states meet what is there and what others made.
const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `/t/${parts.join('/')}`);
const content = fc.constantFrom(
  '',
  'one\n',
  'one\ntwo\n',
  'two',
  'a\r\nb\r\n',
  '# start\nx\n# end\n',
  '\u0000\u0001',
  '#one\n  # two=1\n',
  'x = 1\n[s]\nx=2\ny = 1\n',
);
const mode = fc.constantFrom('0600', '0644', '0755');
// Root enters any directory, others have to be let in.
const dirMode = process.getuid?.() === 0 ? mode : fc.constantFrom('0700', '0750', '0755');
const flag = fc.boolean();

const thing: fc.Arbitrary<Thing> = fc.oneof(
  fc.record({ content, mode }),
  fc.record({ dir: fc.constant(true), mode: fc.constantFrom('0755', '0700') }),
  fc.record({ link: fc.oneof(path, name, fc.constant('../a')) }),
);

/** Entries that can all be there: nothing stands below what is no directory. */
const tree: fc.Arbitrary<Tree> = fc.dictionary(path, thing, { maxKeys: 6 }).map((given) => {
  const result: Tree = { '/t': { dir: true } };
  for (const [where, what] of Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const outers = where.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'));
    const blocked = outers.some((outer) => {
      const there = result[outer];
      return there !== undefined && (typeof there === 'string' || !there.dir);
    });
    if (!blocked) result[where] = what;
  }
  return result;
});

const sources = { 'salt://s/a': 'from a\n', 'salt://s/b/c': 'from c\n', 'salt://s/b/a': '' };

const options = (required: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>>) =>
  fc
    .tuple(fc.record({ name: path, ...required }), fc.record(optional, { requiredKeys: [] }))
    .map(([needed, more]) => ({ ...needed, ...more }));

const state = (fun: string, args: fc.Arbitrary<unknown>): fc.Arbitrary<{ fun: string; args: JsonMap }> =>
  args.map((given) => ({ fun, args: given as JsonMap }));

const line = fc.constantFrom('one', 'two', 'x');
const pattern = fc.constantFrom('^one', 'two', '.*x');

const anyState = fc.oneof(
  state(
    'file.managed',
    options({ contents: content }, { mode, makedirs: flag, replace: flag, follow_symlinks: flag, create: flag }),
  ),
  state(
    'file.managed',
    options(
      { source: fc.constantFrom('salt://s/a', '/t/a') },
      { mode: fc.constantFrom('keep', '0640'), makedirs: flag },
    ),
  ),
  state('file.managed', options({}, { mode, makedirs: flag })),
  state(
    'file.directory',
    options(
      {},
      { mode: dirMode, makedirs: flag, force: flag, clean: flag, exclude_pat: fc.constantFrom('b*', 'E@c$') },
    ),
  ),
  state(
    'file.directory',
    options({ recurse: fc.constant(['mode']), dir_mode: dirMode, file_mode: mode }, { clean: flag }),
  ),
  state('file.symlink', options({ target: path }, { makedirs: flag, force: flag })),
  state('file.absent', options({}, {})),
  state(
    'file.recurse',
    options({ source: fc.constant('salt://s') }, { clean: flag, file_mode: mode, dir_mode: fc.constant('0755') }),
  ),
  state('file.append', options({ text: fc.constantFrom('one', ['two', 'x y'], '') }, { makedirs: flag })),
  state('file.prepend', options({ text: fc.constantFrom('one', ['two', 'x y']) }, { makedirs: flag })),
  state(
    'file.replace',
    options(
      { pattern: fc.constant('^one$'), repl: fc.constant('two') },
      { append_if_not_found: flag, prepend_if_not_found: fc.constant(false), backup: fc.constant(false) },
    ),
  ),
  state(
    'file.blockreplace',
    options(
      { marker_start: fc.constant('# start'), marker_end: fc.constant('# end'), content: line },
      { append_if_not_found: flag, backup: fc.constantFrom(false, '.bak') },
    ),
  ),
  state(
    'file.line',
    options({ mode: fc.constantFrom('ensure', 'insert'), content: fc.constant('new'), after: line }, {}),
  ),
  state('file.line', options({ mode: fc.constant('replace'), content: fc.constant('three'), match: line }, {})),
  state('file.comment', options({ regex: pattern, backup: fc.constant(false) }, { ignore_missing: flag })),
  state('file.uncomment', options({ regex: pattern, backup: fc.constant(false) }, {})),
  state(
    'file.keyvalue',
    options(
      { key_values: fc.constantFrom({ two: '1' }, { x: '2', y: true }) },
      {
        separator: fc.constantFrom('=', ' = '),
        append_if_not_found: flag,
        prepend_if_not_found: flag,
        uncomment: fc.constantFrom('#', '# '),
        count: fc.constantFrom(1, -1, 2),
        create_if_missing: flag,
      },
    ),
  ),
  state('file.copy', options({ source: path }, { force: flag, makedirs: flag, preserve: flag, mode })),
  state('file.rename', options({ source: path }, { force: flag, makedirs: flag })),
  state('file.hardlink', options({ target: path }, { force: flag, makedirs: flag })),
  state('file.decode', options({ encoded_data: fc.constantFrom('b25lCg==', 'AAE=') }, {})),
  state(
    'file.serialize',
    options(
      { dataset: fc.constantFrom({ s: { x: '1' } }, { s: { y: '2', z: '' } }) },
      {
        serializer: fc.constantFrom('json', 'yaml', 'ini', 'toml'),
        merge_if_exists: flag,
        makedirs: flag,
        mode: fc.constant('0640'),
      },
    ),
  ),
  state(
    'file.tidied',
    options({}, { size: fc.constantFrom(0, 5), matches: fc.constant(['a', 'c']), rmdirs: flag, rmlinks: flag }),
  ),
  state('file.pruned', options({}, { recurse: flag, ignore_errors: flag })),
  state(
    'ini.options_present',
    options(
      { sections: fc.constantFrom({ s: { x: 1, z: 'a b' } }, { x: 2, s: { y: 1 } }) },
      { strict: flag, no_spaces: flag },
    ),
  ),
  state('ini.options_absent', options({ sections: fc.constantFrom({ s: ['x'] }, { x: null }) }, {})),
  state('ini.sections_present', options({ sections: fc.constant(['s', 't']) }, {})),
  state('ini.sections_absent', options({ sections: fc.constant(['s']) }, {})),
  state('file.line', options({ mode: fc.constant('insert'), content: line, location: fc.constant('end') }, {})),
);

test('file and ini states: done once, in any tree, they have nothing left to do', async (t) => {
  await fc.assert(
    fc.asyncProperty(tree, anyState, async (before, { fun, args }) => {
      const box = sandbox({ before, sources });
      try {
        const first = await runState(fun, args, box.machine);
        if (!first.result) return;
        const second = await runState(fun, args, box.machine);
        // Each further line that fits is replaced: Salt's meaning of that mode.
        if (fun === 'file.line' && args['mode'] === 'replace') return;
        deepStrictEqual([second.result, second.planned.steps, second.changes], [true, [], {}]);
      } finally {
        box.remove();
      }
    }),
    { numRuns, seed },
  );
  t.pass();
});

test('file and ini states: foreseen one after the other, are what a run then does', async (t) => {
  await fc.assert(
    fc.asyncProperty(tree, fc.array(anyState, { minLength: 1, maxLength: 6 }), async (before, states) => {
      const box = sandbox({ before, sources });
      try {
        const untouched = harvest(box.root);
        const foreseen = foresee(box.machine);
        const plans = [];
        for (const { fun, args } of states) plans.push(await foreseeState(fun, args, foreseen));
        deepStrictEqual(harvest(box.root), untouched);
        for (const [at, { fun, args }] of states.entries()) {
          const run = await runState(fun, args, box.machine);
          deepStrictEqual([!run.result, run.changes], [plans[at]?.impossible === true, plans[at]?.changes]);
        }
      } finally {
        box.remove();
      }
    }),
    { numRuns, seed },
  );
  t.pass();
});
