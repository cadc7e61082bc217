import type { ServiceFacts } from '../../../lib/contracts/machine.ts';

/** One unit as `systemctl show` prints it. */
export interface Shown extends ServiceFacts {
  /** All names it goes by, its own first. */
  readonly names: readonly string[];
  /** active, reloading, inactive, failed, activating, deactivating. */
  readonly active: string;
  readonly sub: string;
  /** simple, forking, oneshot, ...; empty for what is no service. */
  readonly type: string;
  /** What became of it: success, exit-code, signal, timeout, ... */
  readonly outcome: string;
  readonly exitStatus: string;
  /** How often systemd has started it again since it was last told to. */
  readonly restarts: number;
  /** Its unit file has changed since systemd read it. */
  readonly outdated: boolean;
  /** How it is enabled can't be seen here: a script of System V decides. */
  readonly generated: boolean;
}

const properties =
  'Id,Names,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,Type,Result,ExecMainStatus,NRestarts';

export function showUnits(...units: readonly string[]): string[] {
  return ['systemctl', 'show', '--no-pager', `--property=${properties}`, '--', ...units];
}

/** Reads `systemctl show`: `Key=value` lines, a blank line between units. */
export function parseShown(text: string): Shown[] {
  return text
    .split('\n\n')
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => shown(new Map(paragraph.split('\n').map(keyAndValue))));
}

function keyAndValue(line: string): [string, string] {
  const equals = line.indexOf('=');
  return [line.slice(0, equals), line.slice(equals + 1)];
}

function shown(fields: ReadonlyMap<string, string>): Shown {
  const of = (key: string): string => fields.get(key) ?? '';
  const [load, active, sub] = [of('LoadState'), of('ActiveState'), of('SubState')];
  return {
    ...fileFacts(of('UnitFileState')),
    exists: load !== 'not-found',
    running: active === 'active' || active === 'reloading',
    // A mask that systemd has not read yet shows in the one, a mask at run time only in the other.
    masked: load === 'masked' || of('UnitFileState').startsWith('masked'),
    names: [of('Id'), ...of('Names').split(' ')].filter((name) => name !== ''),
    active,
    sub,
    type: of('Type'),
    outcome: of('Result'),
    exitStatus: of('ExecMainStatus'),
    restarts: Number(of('NRestarts') || 0),
    outdated: of('NeedDaemonReload') === 'yes',
    generated: of('UnitFileState') === 'generated',
  };
}

/** What a unit file's state (systemctl(1), `is-enabled`) says. */
export function fileFacts(state: string): Pick<ServiceFacts, 'enabled' | 'masked' | 'static'> {
  return {
    enabled: ['enabled', 'enabled-runtime', 'alias', 'indirect'].includes(state),
    masked: state.startsWith('masked'),
    static: state === 'static' || state === 'transient',
  };
}

/** Reads `systemctl list-unit-files --no-legend`: name, state, preset; the state by name. */
export function parseUnitFiles(text: string): Map<string, string> {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  return new Map(rows.flatMap(([name, state]) => (name && state ? [[name, state] as const] : [])));
}
