import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { median, race, ratio } from './measure.ts';
import { saltCall } from './peers.ts';
import { atMost, report, shown } from './report.ts';
import { surroundings, tsalt, workplace } from './workplace.ts';

const FILES = 10;
const STATES = 100;

/** Checking 1,000 `file.managed` in ten files that include each other, each state requiring the one before. */
export function check(): void {
  const place = workplace();
  const config = place.tsaltConfig();
  const right = path.join(place.directory, 'states');
  const wrong = path.join(place.directory, 'wrong', 'states');
  writeTree(right, 'contents');
  writeTree(wrong, 'contens');
  const argv = (tree: string) => [...tsalt, 'check', '--config-dir', config, '--id', 'bench', tree];
  // Who finds nothing has checked nothing.
  const { status, stdout } = run(argv(wrong));
  const told = stdout.match(/^\S+\.sls:\d+:7: file\.managed has no argument 'contens'\n[^]*?\n^hint: /gm)?.length ?? 0;
  if (status !== 2 || told !== FILES * STATES) throw new Error(`tsalt told ${told} mistakes, and exited ${status}`);
  const all = race(
    [
      { name: 'tsalt', argv: argv(right) },
      {
        name: 'tsalt, a mistake in each',
        argv: ['/bin/sh', '-c', '"$@" > /dev/null 2>&1 || test $? = 2', 'sh', ...argv(wrong)],
      },
      {
        name: 'tsalt, low data',
        argv: [
          ...tsalt,
          'call',
          '--local',
          '--config-dir',
          config,
          '--file-root',
          right,
          '--out',
          'quiet',
          'state.show_lowstate',
        ],
      },
      ...saltCall(place, '--out', 'quiet', 'state.show_lowstate'),
    ],
    7,
  );
  const of = (name: string) => median(all.find((one) => one.name === name)?.runs ?? []);
  report(`check ${FILES * STATES} states in ${FILES} files, start-up included`, {
    marks: [
      atMost('tsalt check', of('tsalt'), 1000, 'ms'),
      atMost('tsalt check, a mistake in each state', of('tsalt, a mistake in each'), 1000, 'ms'),
    ],
    measured: all,
    notes: [
      `salt-call state.show_lowstate / tsalt check: ${shown(ratio(all, 'salt', 'tsalt'))} times`,
      `state.show_lowstate, salt / tsalt: ${shown(ratio(all, 'salt', 'tsalt, low data'))} times`,
    ],
  });
  place.remove();
}

function run([file = '', ...args]: readonly string[]) {
  return spawnSync(file, args, { env: surroundings(), encoding: 'utf8', maxBuffer: 1 << 28 });
}

function writeTree(directory: string, argument: string): void {
  mkdirSync(directory, { recursive: true });
  const names = Array.from({ length: FILES }, (_, index) => `part${index}`);
  writeFileSync(path.join(directory, 'top.sls'), `base:\n  '*': [${names.join(', ')}]\n`);
  for (const [index, name] of names.entries()) {
    const include = index > 0 ? `include: [part${index - 1}]\n\n` : '';
    const states = Array.from({ length: STATES }, (_, at) => state(index * STATES + at, argument));
    writeFileSync(path.join(directory, `${name}.sls`), include + states.join('\n'));
  }
}

function state(number: number, argument: string): string {
  const id = (of: number): string => `/etc/bench/${String(of).padStart(4, '0')}.conf`;
  const after = number > 0 ? `    - require:\n      - file: ${id(number - 1)}\n` : '';
  return `${id(number)}:
  file.managed:
    - ${argument}: |
        listen = ${number}
        workers = 4
    - mode: '0644'
    - makedirs: true
${after}`;
}
