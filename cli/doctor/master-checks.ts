import type { MasterConfig } from '../../lib/config/options.ts';
import { asText, isMap } from '../../lib/json.ts';
import { formatPlace } from '../../lib/place.ts';
import { bad, good, some, warning, type Finding } from './finding.ts';
import type { MasterFacts } from './master-facts.ts';

const MIB = 1024 * 1024;
/** A minion's clock may be so far off before anybody is told. */
const CLOCK_WARNING_MS = 2_000;
const CLOCK_BAD_MS = 30_000;
const SLOW_MS = 1_000;
const DISK_BAD_PART = 0.05;
const DISK_WARNING_PART = 0.15;
const QUEUE_WARNING_BYTES = 8 * MIB;
const BEHIND_WARNING = 1_000;

type Check = (facts: MasterFacts, given: { readonly config: MasterConfig; readonly version: string }) => Finding[];

/** What is looked at, in the order it is told. Each check is a function of the facts alone. */
export const masterChecks: readonly Check[] = [
  version,
  ports,
  keys,
  links,
  versions,
  clocks,
  answerTimes,
  disk,
  queues,
  reactors,
  returners,
  git,
  trees,
];

function version({ versions: { Master: running } }: MasterFacts, { version: own }: { version: string }): Finding[] {
  if (running === own) return [good('master', `it runs version ${own}, as this command`)];
  const says = `version ${asText(running)} is running, and this command is ${own}`;
  return [warning('master', says, 'restart the master to run what is installed')];
}

function ports({ ports: all }: MasterFacts): Finding[] {
  const silent = all.filter(({ answers }) => !answers);
  if (silent.length === 0) return [good('ports', all.map(({ name, port }) => `${name} ${port}`).join(', '))];
  return silent.map(({ name, port }) =>
    bad(
      'ports',
      `nobody answers on ${name} ${port}`,
      'look for a firewall on this machine, and into the log of the master',
    ),
  );
}

function keys({ keys: lists }: MasterFacts): Finding[] {
  const { accepted = [], pending = [], denied = [] } = lists;
  return [
    good('keys', `${accepted.length} accepted`),
    ...(pending.length > 0
      ? [
          warning(
            'keys',
            `${pending.length} wait to be accepted: ${some(pending)}`,
            "'tsalt key finger ID' shows a key, 'tsalt key accept ID' lets it in",
          ),
        ]
      : []),
    ...(denied.length > 0
      ? [
          bad(
            'keys',
            `another key came for the name of ${some(denied)}, and was kept out`,
            "a machine made anew, or somebody else's: 'tsalt key finger ID' shows both; 'tsalt key delete ID' lets the next one ask",
          ),
        ]
      : []),
  ];
}

function links({ minions }: MasterFacts): Finding[] {
  const away = minions.filter((minion) => minion.away !== undefined);
  const there = good('links', `${minions.length - away.length} of ${minions.length} minions answered`);
  return [
    there,
    ...away
      .slice(0, 20)
      .map(({ id, away: why }) => bad('links', `${id}: ${why}`, `look into the minion's log on ${id}`)),
  ];
}

function versions({ versions: groups }: MasterFacts): Finding[] {
  return Object.entries(groups).flatMap(([group, members]) => {
    if (!isMap(members)) return [];
    const ids = Object.keys(members);
    if (group === 'Up to date') return [good('versions', `${ids.length} minions are of the master's version`)];
    if (group === 'Minion too old') {
      const way = 'install a newer one there: with its user-data, or the install.sh of a bundle';
      return [bad('versions', `turned down for being too old: ${some(ids)}`, way)];
    }
    const hint = 'one version of difference is supported, the master the newer one';
    return [warning('versions', `${group.toLowerCase()}: ${some(ids)}`, hint)];
  });
}

function clocks({ minions }: MasterFacts): Finding[] {
  const told = minions.flatMap(({ id, ahead, ms = 0 }) =>
    ahead === undefined ? [] : [{ id, ahead, surely: Math.abs(ahead) - ms / 2 }],
  );
  const wrong = told.filter(({ surely }) => surely > CLOCK_WARNING_MS);
  if (wrong.length === 0)
    return told.length === 0
      ? []
      : [good('clocks', `all ${told.length} are within ${CLOCK_WARNING_MS / 1000} s of this one`)];
  return wrong.map(({ id, ahead, surely }) => {
    const says = `the clock of ${id} is ${(Math.abs(ahead) / 1000).toFixed(1)} s ${ahead > 0 ? 'ahead' : 'behind'}`;
    return (surely > CLOCK_BAD_MS ? bad : warning)('clocks', says, 'run a time service there, such as chrony');
  });
}

function answerTimes({ minions }: MasterFacts): Finding[] {
  const told = minions.flatMap(({ id, ms }) => (ms === undefined ? [] : [{ id, ms }])).sort((a, b) => b.ms - a.ms);
  const [slowest] = told;
  if (!slowest) return [];
  const middle = told[told.length >> 1]?.ms ?? slowest.ms;
  const says = `minions answer within ${Math.round(middle)} ms (median), ${slowest.id} within ${Math.round(slowest.ms)} ms`;
  return [
    slowest.ms < SLOW_MS
      ? good('answers', says)
      : warning('answers', says, `look at the load of ${slowest.id}, and at the network to it`),
  ];
}

function disk({ disk: { free, total }, stats }: MasterFacts, { config }: { config: MasterConfig }): Finding[] {
  const part = total > 0 ? free / total : 1;
  const own = Math.round((stats['store']?.['bytes'] ?? 0) / MIB);
  const says = `${Math.round(free / MIB)} MiB are free below ${config.cachedir} (${Math.round(part * 100)} %); the store has ${own} of its ${config.keep_mb} MiB`;
  const hint = 'make room: without any the master records nothing, and so takes nothing; keep_mb bounds the store';
  if (part < DISK_BAD_PART) return [bad('disk', says, hint)];
  return [part < DISK_WARNING_PART ? warning('disk', says, hint) : good('disk', says)];
}

function queues({ stats }: MasterFacts): Finding[] {
  const store = stats['store'] ?? {};
  const waiting = store['queuedBytes'] ?? 0;
  const refused = store['refused'] ?? 0;
  const failures = store['failures'] ?? 0;
  const slowest = Math.round(store['slowestCommitMs'] ?? 0);
  return [
    ...(failures > 0
      ? [
          bad(
            'queues',
            `${failures} commits to disk failed since the start`,
            'the log of the master says why; nothing that failed was acknowledged',
          ),
        ]
      : []),
    ...(refused > 0
      ? [
          bad(
            'queues',
            `${refused} changes were refused because too much waited for the disk`,
            'the disk is too slow for what comes: look at what else uses it',
          ),
        ]
      : []),
    waiting > QUEUE_WARNING_BYTES
      ? warning('queues', `${Math.round(waiting / MIB)} MiB wait for the disk`, 'the disk is slower than what comes')
      : good('queues', `${waiting} bytes wait for the disk, whose slowest commit took ${slowest} ms`),
  ];
}

function reactors({ reactors: all, deadLetters }: MasterFacts): Finding[] {
  const late = all.filter(({ counters: { lag = 0 } }) => lag > BEHIND_WARNING);
  return [
    ...late.map(({ name, counters: { lag = 0 } }) =>
      warning('reactors', `${name} is ${lag} events behind`, "'tsalt run reactor.list' shows what it does"),
    ),
    ...(deadLetters > 0
      ? [
          bad(
            'reactors',
            `${deadLetters} events could not be handled`,
            "'tsalt run reactor.dead' lists them, 'tsalt run reactor.redeliver EVENT REACTOR' tries again",
          ),
        ]
      : []),
    ...(late.length === 0 && deadLetters === 0 ? [good('reactors', `${all.length} keep up, with no dead letter`)] : []),
  ];
}

function returners({ returners: all }: MasterFacts): Finding[] {
  const away = all.filter(({ state }) => state === 'away');
  const lossy = all.filter(({ lost }) => lost > 0);
  return [
    ...away.map(({ name, error = '', behindSeconds }) =>
      bad(
        'returners',
        `${name} is away, ${Math.round(behindSeconds)} s behind: ${error}`,
        'what it has not sent waits in the log, up to 1 GiB',
      ),
    ),
    ...lossy.map(({ name, lost }) =>
      bad('returners', `${name} has lost up to ${lost} events`, 'the log has no room for what it does not send'),
    ),
    ...(all.length > 0 && away.length === 0 && lossy.length === 0
      ? [good('returners', `${all.length} send, and have lost nothing`)]
      : []),
  ];
}

function git({ git: all }: MasterFacts): Finding[] {
  const failing = all.filter(({ failure }) => failure !== null);
  if (all.length > 0 && failing.length === 0) return [good('git', `${all.length} remotes answer`)];
  return failing.slice(0, 20).map(({ remote, use, asked, failure }) => {
    const since = asked === null ? 'has not answered since the master began' : `answered last at ${asked}`;
    const again = use === 'pillar' ? 'git_pillar.update' : 'fileserver.update';
    return bad(
      'git',
      `${remote} (${use}) ${since}: ${asText(failure)}`,
      `what was fetched last is served on; 'tsalt run ${again}' asks it again`,
    );
  });
}

function trees({ missingRoots }: MasterFacts): Finding[] {
  return missingRoots.map(({ sentence, place, hint }) =>
    warning('trees', place ? `${formatPlace(place)}: ${sentence}` : sentence, hint ?? 'make it, or name the right one'),
  );
}
