import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { race, ratio, type Contender } from './measure.ts';
import { cfAgent, saltCall } from './peers.ts';
import { atLeast, report } from './report.ts';
import { tsalt, workplace } from './workplace.ts';

const COUNT = 1000;
const MODE = 0o644;
const names = Array.from({ length: COUNT }, (_, index) => `file-${String(index).padStart(4, '0')}.conf`);
const contentOf = (name: string): string => `# ${name}\nlisten = 8080\nname = ${name}\nworkers = 4\nlog = yes\n`;

/** 1,000 `file.managed` of five lines each with mode 0644: first run, and when all is right already. */
export function files(): void {
  const place = workplace();
  const target = (who: string): string => path.join(place.directory, `out-${who}`);
  const states = path.join(place.directory, 'states');
  mkdirSync(states);
  for (const who of ['tsalt', 'salt']) writeFileSync(path.join(states, `${who}.sls`), stateFile(target(who)));
  const policy = path.join(place.directory, 'files.cf');
  writeFileSync(policy, cfenginePolicy(target('cfengine')), { mode: 0o600 });
  const config = path.join(place.directory, 'etc');
  const call = [...tsalt, 'call', '--local', '--config-dir', config, '--file-root', states, '--out', 'quiet'];
  const contenders: readonly Contender[] = [
    { name: 'tsalt', argv: [...call, 'state.apply', 'tsalt'] },
    ...saltCall(place, '--out', 'quiet', 'state.apply', 'salt'),
    ...cfAgent(place, policy),
  ];

  const first = race(
    contenders.map((one) => fromNothing(one, target(one.name))),
    5,
  );
  const again = race(
    contenders.map((one) => untouched(one, target(one.name))),
    9,
  );
  // Who repairs nothing has checked nothing, and was in no race.
  race(
    contenders.map((one) => damaged(one, target(one.name))),
    0,
  );
  report(`${COUNT} file.managed, first run`, {
    marks: [atLeast('salt / tsalt', ratio(first, 'salt', 'tsalt'), 6, 'times')],
    measured: first,
  });
  report(`${COUNT} file.managed, all right already`, {
    marks: [
      atLeast('salt / tsalt', ratio(again, 'salt', 'tsalt'), 8, 'times'),
      atLeast("cfengine's C agent / tsalt", ratio(again, 'cfengine', 'tsalt'), 1, 'times'),
    ],
    measured: again,
  });
  place.remove();
}

/**
 * What former rounds wrote is moved aside, not removed: for minutes an ext4 without a journal goes past each inode that
 * was freed lately to make a new one, and the thousands of a bench that removes its files cost every contender the same.
 */
function fromNothing(contender: Contender, directory: string): Contender {
  let round = 0;
  return {
    ...contender,
    prepare() {
      if (existsSync(directory)) renameSync(directory, `${directory}-${round++}`);
      mkdirSync(directory);
    },
    check: () => checkFiles(contender.name, directory),
  };
}

/** Raises where a run that has nothing to do makes a new inode or changes a time. */
function untouched(contender: Contender, directory: string): Contender {
  let before = '';
  return {
    ...contender,
    prepare: () => void (before = fingerprint(directory)),
    check() {
      if (fingerprint(directory) !== before) throw new Error(`${contender.name} touched files that were right`);
    },
  };
}

function damaged(contender: Contender, directory: string): Contender {
  return {
    ...contender,
    prepare() {
      writeFileSync(path.join(directory, names[3] ?? ''), '# something else\n');
      chmodSync(path.join(directory, names[5] ?? ''), 0o600);
    },
    check: () => checkFiles(contender.name, directory),
  };
}

function stateFile(directory: string): string {
  const indented = (name: string): string => contentOf(name).replace(/^(?=.)/gm, '        ');
  return names
    .map((name) => `${directory}/${name}:\n  file.managed:\n    - mode: '0644'\n    - contents: |\n${indented(name)}`)
    .join('\n');
}

function cfenginePolicy(directory: string): string {
  const promises = names.map(
    (name) => `    "${directory}/${name}" create => "true", perms => mode644, content => "${contentOf(name)}";\n`,
  );
  return `body common control { bundlesequence => { "main" }; }
body perms mode644 { mode => "0644"; }
bundle agent main {
  files:
${promises.join('')}}
`;
}

/** Raises unless all files are there with the right bytes and modes, and nothing else. */
function checkFiles(who: string, directory: string): void {
  const there = readdirSync(directory).filter((name) => !name.endsWith('.cf-before-edit'));
  if (there.length !== COUNT) throw new Error(`${who} left ${there.length} files in place of ${COUNT}`);
  for (const name of names) {
    const file = path.join(directory, name);
    if (readFileSync(file, 'utf8') !== contentOf(name)) throw new Error(`${who} wrote other bytes into ${name}`);
    const mode = statSync(file).mode & 0o7777;
    if (mode !== MODE) throw new Error(`${who} gave ${name} the mode ${mode.toString(8)}`);
  }
}

/** Inode and time of change of every file. */
function fingerprint(directory: string): string {
  return names
    .map((name) => statSync(path.join(directory, name), { bigint: true }))
    .map(({ ino, ctimeNs }) => `${ino}:${ctimeNs}`)
    .join();
}
