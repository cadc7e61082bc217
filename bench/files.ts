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
import { race, ratio, type Contender, type Measured } from './measure.ts';
import { ansible, cfAgent, puppetApply, saltCall } from './peers.ts';
import {
  ansiblePlaybook,
  bareCalls,
  cfenginePolicy,
  eppOf,
  puppetManifest,
  stateFile,
  template,
  templatedManifest,
  templatedPolicy,
  templatedStates,
  type WantedFile,
} from './policies.ts';
import { atLeast, ratios, report } from './report.ts';
import { tsalt, workplace, type Workplace } from './workplace.ts';

const MODE = 0o644;

/** 1,000 `file.managed` of five lines each with mode 0644: first run, and when all is right already. */
export function files(): void {
  const { first, again } = compare(1000, { first: 5, again: 9 });
  report('1000 file.managed, first run', {
    marks: [atLeast('salt / tsalt', ratio(first, 'salt', 'tsalt'), 6, 'times')],
    measured: first,
    notes: ratios(first, 'tsalt', ['puppet', 'cfengine', 'bare node']),
  });
  report('1000 file.managed, all right already', {
    marks: [
      atLeast('salt / tsalt', ratio(again, 'salt', 'tsalt'), 8, 'times'),
      atLeast("cfengine's C agent / tsalt", ratio(again, 'cfengine', 'tsalt'), 1, 'times'),
    ],
    measured: again,
    notes: ratios(again, 'tsalt', ['puppet']),
  });
}

/** 1,000 `file.managed` made from one template. */
export function templates(): void {
  const { first, again } = compare(1000, { first: 5, again: 7, fromTemplate: true });
  for (const [when, measured, least] of [
    ['first run', first, 6],
    ['all right already', again, 8],
  ] as const) {
    report(`1000 file.managed from a template, ${when}`, {
      marks: [atLeast('salt / tsalt', ratio(measured, 'salt', 'tsalt'), least, 'times')],
      measured,
      notes: ratios(measured, 'tsalt', ['puppet', 'cfengine']),
    });
  }
}

/** The same with 100 files, and with Ansible, which takes a third of a second for each. */
export function fewFiles(): void {
  const { first, again } = compare(100, { first: 3, again: 3, withAnsible: true });
  const peers = ['salt', 'puppet', 'ansible', 'cfengine'];
  report('100 file.managed, first run', { measured: first, notes: ratios(first, 'tsalt', [...peers, 'bare node']) });
  report('100 file.managed, all right already', { measured: again, notes: ratios(again, 'tsalt', peers) });
}

interface Races {
  /** Rounds that count. */
  readonly first: number;
  readonly again: number;
  readonly withAnsible?: boolean;
  readonly fromTemplate?: boolean;
}

function compare(count: number, races: Races): { readonly first: Measured[]; readonly again: Measured[] } {
  const place = workplace();
  // Not before all benches are done: see `fromNothing`.
  process.once('exit', () => place.remove());
  const entrants = contenders(place, count, races);
  const first = race(entrants.map(fromNothing), races.first);
  const managers = entrants.filter(({ name }) => name !== BARE);
  const again = race(managers.map(untouched), races.again);
  // Who repairs nothing has checked nothing, and was in no race.
  race(managers.map(damaged), 0);
  return { first, again };
}

interface Entrant extends Contender {
  /** Where it has to put its files. */
  readonly directory: string;
  readonly wanted: readonly WantedFile[];
}

const BARE = 'bare node';

/** All who manage files, and bare Node first where they are all plain. */
function contenders(place: Workplace, count: number, { withAnsible, fromTemplate }: Races): Entrant[] {
  const directoryOf = (who: string): string => path.join(place.directory, `out-${who}`);
  const wantedBy = (who: string): WantedFile[] =>
    Array.from({ length: count }, (_, index) => wantedFile(directoryOf(who), index));
  const states = path.join(place.directory, 'states');
  mkdirSync(states);
  const write = (name: string, text: string): string => {
    const file = path.join(place.directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const policies = fromTemplate === true ? templatedPolicies(write) : plainPolicies;
  write('states/tsalt.sls', policies.tsalt(wantedBy('tsalt')));
  write('states/salt.sls', policies.salt(wantedBy('salt')));
  const config = place.tsaltConfig();
  const call = [...tsalt, 'call', '--local', '--config-dir', config, '--file-root', states, '--out', 'quiet'];
  return [
    ...(fromTemplate === true
      ? []
      : [{ name: BARE, argv: [process.execPath, write('bare.cjs', bareCalls(wantedBy(BARE)))] }]),
    { name: 'tsalt', argv: [...call, 'state.apply', 'tsalt'] },
    ...saltCall(place, '--out', 'quiet', 'state.apply', 'salt'),
    ...puppetApply(place, write('files.pp', policies.puppet(wantedBy('puppet')))),
    ...(withAnsible === true
      ? ansible(place, 'ansible-playbook', write('files.yml', ansiblePlaybook(wantedBy('ansible'))))
      : []),
    ...cfAgent(place, write('files.cf', policies.cfengine(wantedBy('cfengine')))),
  ].map((one) => ({ ...one, directory: directoryOf(one.name), wanted: wantedBy(one.name) }));
}

const plainPolicies = { tsalt: stateFile, salt: stateFile, puppet: puppetManifest, cfengine: cfenginePolicy };

/** The template itself stands in the state tree. */
function templatedPolicies(write: (name: string, text: string) => string): typeof plainPolicies {
  return {
    tsalt: templatedStates('handlebars'),
    salt: templatedStates('jinja'),
    puppet: templatedManifest(write('file.epp', eppOf(template))),
    cfengine: templatedPolicy(write('states/file.tmpl', template)),
  };
}

function wantedFile(directory: string, index: number): WantedFile {
  const name = `file-${String(index).padStart(4, '0')}.conf`;
  return {
    path: path.join(directory, name),
    content: `# ${name}\nlisten = 8080\nname = ${name}\nworkers = 4\nlog = yes\n`,
  };
}

/**
 * What former rounds wrote is moved aside, not removed: ext4 without a journal goes past the inodes that were freed in
 * the last minutes, one by one, to make a new one. With those of a whole race, that took longer than all else.
 */
function fromNothing(entrant: Entrant): Contender {
  const { directory } = entrant;
  let round = 0;
  return {
    ...entrant,
    prepare() {
      if (existsSync(directory)) renameSync(directory, `${directory}-${round++}`);
      mkdirSync(directory);
    },
    check: () => checkFiles(entrant),
  };
}

/** Raises where a run that has nothing to do makes a new inode or changes a time. */
function untouched(entrant: Entrant): Contender {
  let before = '';
  return {
    ...entrant,
    prepare: () => void (before = fingerprint(entrant)),
    check() {
      if (fingerprint(entrant) !== before) throw new Error(`${entrant.name} touched files that were right`);
    },
  };
}

function damaged(entrant: Entrant): Contender {
  const [, , , other, , closed] = entrant.wanted;
  return {
    ...entrant,
    prepare() {
      writeFileSync(other?.path ?? '', '# something else\n');
      chmodSync(closed?.path ?? '', 0o600);
    },
    check: () => checkFiles(entrant),
  };
}

/** Raises unless all files are there with the right bytes and modes, and nothing else. */
function checkFiles({ name: who, directory, wanted }: Entrant): void {
  const there = readdirSync(directory).filter((name) => !name.endsWith('.cf-before-edit'));
  if (there.length !== wanted.length) throw new Error(`${who} left ${there.length} files in place of ${wanted.length}`);
  for (const { path: file, content } of wanted) {
    if (readFileSync(file, 'utf8') !== content) throw new Error(`${who} wrote other bytes into ${file}`);
    const mode = statSync(file).mode & 0o7777;
    if (mode !== MODE) throw new Error(`${who} gave ${file} the mode ${mode.toString(8)}`);
  }
}

/** Inode and time of change of every file. */
function fingerprint({ wanted }: Entrant): string {
  return wanted
    .map((file) => statSync(file.path, { bigint: true }))
    .map(({ ino, ctimeNs }) => `${ino}:${ctimeNs}`)
    .join();
}
