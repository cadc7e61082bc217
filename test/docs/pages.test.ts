import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { main } from '../../cli/main.ts';
import { verbs } from '../../cli/verbs.ts';
import { captured, write } from '../states-engine/kit.ts';
import { blocksOf, pages, root, textOf, type Block } from './pages.ts';

/** GitHub's name of a heading, for links to it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

test('pages: every relative link, leads to a file, and to a heading of it', (t) => {
  let links = 0;
  for (const page of pages()) {
    const prose = textOf(page).replace(/^```[^]*?^```$|`[^`\n]*`/gm, '');
    for (const [, target = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^\w+:/.test(target)) continue;
      links++;
      const [file = '', anchor] = target.split('#');
      const found = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      t.true(existsSync(path.join(root, found)), `${page}: ${target}`);
      if (anchor === undefined) continue;
      const anchors = [...textOf(found).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
      t.true(anchors.includes(anchor), `${page}: ${target}`);
    }
  }
  t.true(links > 30, 'the links were found');
});

test('pages: every tsalt command, has a verb that there is, or a target and a function', (t) => {
  let commands = 0;
  for (const page of pages()) {
    const inBlocks = blocksOf(page)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n'));
    const inProse = [...textOf(page).matchAll(/`(tsalt [^`\n]+)`/g)].map(([, command = '']) => command);
    for (const line of [...inBlocks, ...inProse]) {
      for (const [, first = '', second = ''] of line.matchAll(/(?:^|[\s(/])tsalt(?:\.cjs)? ('[^']*'|\S+) ?(\S*)/g)) {
        // What stands for a word, or begins with an option.
        if (/^[A-Z-]/.test(first)) continue;
        commands++;
        const isShort = /^\w+\.\w+(?:,\w+\.\w+)*$/.test(second);
        t.true(Object.hasOwn(verbs, first) || isShort, `${page}: ${line}`);
      }
    }
  }
  t.true(commands > 30, 'the commands were found');
});

/** The file that a block says it is, in a comment on its first line, from the directory of trees or of config on. */
function fileOf({ text }: Block): string | undefined {
  return /^(?:#!\w+\n)?(?:#|\/\/) (?:\/srv\/tsalt\/|\/etc\/tsalt\/|~\/try\/(?:etc\/)?)(\S+)\n/.exec(text)?.[1];
}

for (const page of pages('docs/guides')) {
  test(`${page}: the files it shows, tsalt check finds nothing wrong`, async (t) => {
    const files: Record<string, string> = {};
    for (const block of blocksOf(page)) {
      const file = fileOf(block);
      if (file !== undefined) files[file] = block.text;
      else if (block.language === 'yaml') t.notRegex(block.text, /^(?:reactor|master|id):/m, `${page}:${block.line}`);
    }
    const found = Object.keys(files);
    const trees = ['states', 'pillar', 'reactor', 'dev/states', 'dev/pillar'];
    const roots = trees.filter((tree) => found.some((file) => file.startsWith(`${tree}/`)));
    const checked = [...roots, ...found.filter((file) => file === 'master' || file === 'minion')];
    if (checked.length === 0) {
      t.pass('it shows none');
      return;
    }
    const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    // What an example refers to and does not show.
    if (roots.includes('states'))
      write(directory, { 'states/web/tls.sls': '{}\n', 'states/web/hello.conf': '{{port}}\n' });
    // What a config says of places is true here.
    const isConfig = (file: string) => /^(?:master|minion)(?:\.d\/|$)/.test(file);
    const here = ([file, text]: [string, string]) => [
      file,
      isConfig(file) ? text.replaceAll('/srv/tsalt/', `${directory}/`) : text,
    ];
    write(directory, Object.fromEntries(Object.entries(files).map(here)) as Record<string, string>);
    const io = captured(directory);
    t.is(
      await main(['check', '--config-dir', '.', '--id', 'web1', ...checked], io),
      0,
      io.printed.out + io.printed.err,
    );
  });
}

/** The trees that excerpts are of, by their first folder. */
const trees: Readonly<Record<string, string>> = { salt: 'test/fixtures/salt/porting', tsalt: 'examples/from-salt' };

test('pages: every excerpt, stands in the file that it names', (t) => {
  const count: Record<string, number> = {};
  for (const { page, line, of, text } of pages().flatMap(blocksOf)) {
    if (of === undefined || of === 'check') continue;
    const [tree = '', ...rest] = of.split('/');
    const file = path.posix.join(trees[tree] ?? tree, ...rest);
    t.true(existsSync(path.join(root, file)) && `\n${textOf(file)}`.includes(`\n${text}`), `${page}:${line}: ${of}`);
    count[tree] = (count[tree] ?? 0) + 1;
  }
  t.true((count['salt'] ?? 0) > 10 && (count['tsalt'] ?? 0) > 10, JSON.stringify(count));
});

test('pages: every message of a tree in Jinja, is one that tsalt check gives', async (t) => {
  const io = captured(path.join(root, trees['salt'] ?? ''));
  t.is(await main(['check', '--config-dir', os.tmpdir(), '--id', 'web1', 'states', 'pillar', 'reactor'], io), 2);
  const told = io.printed.out.replaceAll(`${io.cwd}/`, '');
  const shown = pages()
    .flatMap(blocksOf)
    .filter(({ of }) => of === 'check');
  t.true(shown.length > 0);
  for (const { page, line, text } of shown) t.true(told.includes(text), `${page}:${line}`);
});
