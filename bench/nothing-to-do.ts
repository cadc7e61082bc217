import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { race, ratio, type Contender } from './measure.ts';
import { cfAgent, saltCall } from './peers.ts';
import { atLeast, atMost, ratios, report, type Mark } from './report.ts';
import { tsalt, workplace, type Workplace } from './workplace.ts';

/*
 * Machines that are right already: what a run costs every half hour on every one of them. One read of each database, and
 * no process for what a file can tell.
 */

const ROUNDS = 7;

/** 200 hosts entries, `10.9.x.y hostN.example.test`. */
export function hosts(): void {
  const place = workplace();
  const entries = Array.from({ length: 200 }, (_, n) => ({
    ip: `10.9.${n >> 7}.${(n & 127) + 1}`,
    name: `host${n}.example.test`,
  }));
  const sls = entries.map(({ ip, name }) => `${name}:\n  host.present:\n    - ip: ${ip}\n`).join('');
  const lines = entries.map(({ ip, name }) => `${ip}\t\t${name}`);
  const file = (who: string): string => path.join(place.directory, `hosts-${who}`);
  for (const who of ['tsalt', 'salt', 'cfengine']) writeFileSync(file(who), `${lines.join('\n')}\n`);
  const policy = path.join(place.directory, 'hosts.cf');
  writeFileSync(policy, editLines(file('cfengine'), lines), { mode: 0o600 });
  const measured = race(
    [...stateRuns(place, { hosts: sls }, (who) => ({ 'hosts.file': file(who) })), ...cfAgent(place, policy)].map(
      (one) => untouched(one, file(one.name)),
    ),
    ROUNDS,
  );
  report('200 hosts entries, all right already', {
    marks: [
      atLeast('salt / tsalt', ratio(measured, 'salt', 'tsalt'), 8, 'times'),
      atMost("tsalt / cfengine's C agent", ratio(measured, 'tsalt', 'cfengine'), 2, 'times'),
    ],
    measured,
  });
  place.remove();
}

/** Fifty installed packages, taken evenly from what dpkg lists: as one list, and as fifty states. */
export function packages(): void {
  if (!existsSync('/usr/bin/dpkg-query')) {
    console.log('\npackages: left out, this is no Debian');
    return;
  }
  const all = execFileSync('dpkg-query', ['--show', '--showformat', '${db:Status-Status} ${Package}\n'], {
    encoding: 'utf8',
  })
    .split('\n')
    .flatMap((line) => (line.startsWith('installed ') ? [line.slice('installed '.length)] : []));
  const names = Array.from({ length: 50 }, (_, n) => all[Math.floor((n * all.length) / 50)] ?? '');
  const forms = {
    'one list': `all:\n  pkg.installed:\n    - pkgs: [${names.join(', ')}]\n`,
    'fifty states': names.map((name) => `${name}:\n  pkg.installed: []\n`).join(''),
  };
  for (const [form, sls] of Object.entries(forms)) {
    const place = workplace();
    const status = '/var/lib/dpkg/status';
    const measured = race(
      stateRuns(place, { packages: sls }).map((one) => untouched(one, status)),
      ROUNDS,
    );
    report(`50 packages as ${form}, all installed already`, { marks: salts(measured, 8), measured });
    place.remove();
  }
}

/** Twenty states that a command keeps from running. */
export function conditions(): void {
  const place = workplace();
  const sls = Array.from({ length: 20 }, (_, n) => `state${n}:\n  test.nop:\n    - unless: 'true'\n`).join('');
  const measured = race(stateRuns(place, { conditions: sls }), ROUNDS);
  report("20 states with `unless: 'true'`", {
    marks: salts(measured, 8),
    measured,
    notes: ratios(measured, 'tsalt', []),
  });
  place.remove();
}

function salts(measured: ReturnType<typeof race>, least: number): Mark[] {
  return [atLeast('salt / tsalt', ratio(measured, 'salt', 'tsalt'), least, 'times')];
}

/** The same state file, applied by tsalt and by Salt. */
export function stateRuns(
  place: Workplace,
  files: Readonly<Record<string, string>>,
  config: (who: 'tsalt' | 'salt') => Record<string, string> = () => ({}),
): Contender[] {
  const states = path.join(place.directory, 'states');
  const etc = place.tsaltConfig();
  mkdirSync(states, { recursive: true });
  for (const [name, sls] of Object.entries(files)) writeFileSync(path.join(states, `${name}.sls`), sls);
  const [name = ''] = Object.keys(files);
  const own = { cachedir: path.join(place.directory, 'cache'), ...config('tsalt') };
  writeFileSync(path.join(etc, 'minion'), JSON.stringify(own));
  const ours = [...tsalt, 'call', '--local', '--config-dir', etc, '--file-root', states, '--out', 'quiet'];
  const salt = saltCall(place, '--out', 'quiet', 'state.apply', name);
  const saltFile = path.join(place.saltConfig(), 'minion');
  const saltOwn = JSON.parse(readFileSync(saltFile, 'utf8')) as object;
  writeFileSync(saltFile, JSON.stringify({ ...saltOwn, ...config('salt') }));
  return [{ name: 'tsalt', argv: [...ours, 'state.apply', name] }, ...salt];
}

/** Raises where a run that has nothing to do touches the file. */
function untouched(contender: Contender, file: string): Contender {
  const stamp = (): string => {
    const { ino, mtimeNs } = statSync(file, { bigint: true });
    return `${ino}:${mtimeNs}`;
  };
  let before = '';
  return {
    ...contender,
    prepare: () => void (before = stamp()),
    check() {
      if (stamp() !== before) throw new Error(`${contender.name} touched ${file}, which was right`);
    },
  };
}

/** A policy by which a file has these lines. */
function editLines(file: string, lines: readonly string[]): string {
  return `body common control { bundlesequence => { "main" }; }
bundle agent main {
  files:
    "${file}" create => "false", edit_line => these;
}
bundle edit_line these {
  insert_lines:
${lines.map((line) => `    "${line}";`).join('\n')}
}
`;
}
