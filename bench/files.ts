import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { race, ratio, type Contender, type Measured } from './measure.ts';
import { cfengine, salt } from './peers.ts';
import { atLeast, printMarks } from './report.ts';
import { tsalt, workplace } from './workplace.ts';

const count = 1000;
const names = Array.from({ length: count }, (_, index) => `file-${String(index).padStart(4, '0')}.conf`);
const lines = (name: string): string[] => [`# ${name}`, 'listen = 8080', `name = ${name}`, 'workers = 4', 'log = yes'];

/** 1,000 `file.managed` of five lines each with mode 0644: first run, and when all is right already. */
export function files(): void {
  const place = workplace();
  const target = (who: string): string => path.join(place.directory, `out-${who}`);
  const states = path.join(place.directory, 'states');
  mkdirSync(states);
  for (const who of ['tsalt', 'salt']) writeFileSync(path.join(states, `${who}.sls`), stateFile(target(who)));
  const policy = path.join(place.directory, 'files.cf');
  writeFileSync(policy, cfenginePolicy(target('cfengine')), { mode: 0o600 });

  const contenders: Contender[] = [
    {
      name: 'tsalt',
      argv: [
        ...tsalt,
        'call',
        '--local',
        '--config-dir',
        path.join(place.directory, 'etc'),
        '--file-root',
        states,
        '--out',
        'quiet',
        'state.apply',
        'tsalt',
      ],
    },
  ];
  const saltPeer = salt();
  if ('program' in saltPeer)
    contenders.push({
      name: 'salt',
      argv: [saltPeer.program, '--local', '--config-dir', place.saltConfig(), '--out', 'quiet', 'state.apply', 'salt'],
    });
  else console.log(saltPeer.missing);
  const cfPeer = cfengine();
  if ('program' in cfPeer)
    contenders.push({
      name: 'cfengine',
      argv: [cfPeer.program, '-KIf', policy],
      env: { CFENGINE_TEST_OVERRIDE_WORKDIR: path.join(place.directory, 'cf') },
    });
  else console.log(cfPeer.missing);

  const empty = (who: string): void => {
    rmSync(target(who), { recursive: true, force: true });
    mkdirSync(target(who));
  };
  const first = race(
    contenders.map((contender) => ({ ...contender, prepare: () => empty(contender.name) })),
    5,
  );
  check(target('tsalt'));
  const inodes = fingerprint(target('tsalt'));
  const second = race(contenders, 7);
  if (fingerprint(target('tsalt')) !== inodes) throw new Error('the second run touched files');
  const against = (all: readonly Measured[], peer: string): number => {
    const [ours] = all;
    const theirs = all.find(({ name }) => name === peer);
    return ours && theirs ? ratio(theirs, ours) : NaN;
  };
  printMarks(`${count} files`, [
    atLeast('already right: salt / tsalt', against(second, 'salt'), 8, 'times'),
    atLeast('already right: cfengine with modes / tsalt', against(second, 'cfengine'), 1, 'times'),
    atLeast('first run: salt / tsalt', against(first, 'salt'), 6, 'times'),
  ]);
  for (const { name, runs } of [...first, ...second])
    console.log(`    ${name}: ${runs.map((run) => run.toFixed(0)).join(' ')} ms`);
  place.remove();
}

function stateFile(directory: string): string {
  return names
    .map(
      (name) =>
        `${directory}/${name}:\n  file.managed:\n    - mode: 0644\n    - contents: |\n${lines(name)
          .map((line) => `        ${line}\n`)
          .join('')}`,
    )
    .join('\n');
}

function cfenginePolicy(directory: string): string {
  const promises = names
    .map(
      (name) =>
        `    "${directory}/${name}" create => "true", perms => mode644, edit_line => l_${name.replace(/\W/g, '_')};\n`,
    )
    .join('');
  const bundles = names
    .map(
      (name) =>
        `bundle edit_line l_${name.replace(/\W/g, '_')} {\n  insert_lines:\n    "${lines(name).join('\\n')}" insert_type => "preserve_block";\n}\n`,
    )
    .join('');
  return `body common control { bundlesequence => { "main" }; }\nbody perms mode644 { mode => "0644"; }\nbundle agent main {\n  files:\n${promises}}\n${bundles}`;
}

function check(directory: string): void {
  const there = readdirSync(directory);
  if (there.length !== count) throw new Error(`${there.length} files in place of ${count}`);
}

/** Inode and time of change of every file: a run that had nothing to do leaves them. */
function fingerprint(directory: string): string {
  return names
    .map((name) => statSync(path.join(directory, name)))
    .map(({ ino, ctimeMs }) => `${ino}:${ctimeMs}`)
    .join();
}
