import { isIP } from 'node:net';
import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { asText, type JsonMap } from '../../lib/json.ts';
import { interfaceName, listRoutes, parseNetwork, plainV6, readIp, type IpFacts } from './ip.ts';

/* What `route_present` and `route_absent` have in common. */

const table = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform(String),
  v.regex(/^(?:\d{1,10}|[a-z][a-z0-9_.-]*)$/, 'a number, or a name such as main'),
);

const number = v.pipe(v.number(), v.integer(), v.minValue(0));

export const routeArgs = {
  /** `default`, or a network, such as 10.1.0.0/16. */
  name: v.pipe(
    v.string(),
    v.check(
      (text) => text === 'default' || parseNetwork(text) !== undefined,
      "'default', or a network, such as 10.1.0.0/16",
    ),
  ),
  gateway: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => isIP(text) !== 0 && !text.includes('%'), 'an address'),
      v.transform((text) => (isIP(text) === 6 ? plainV6(text) : text)),
    ),
  ),
  interface: v.optional(interfaceName),
  table: v.optional(table, 'main'),
  metric: v.optional(number),
};

export interface RouteArgs {
  readonly name: string;
  readonly gateway?: string | undefined;
  readonly interface?: string | undefined;
  readonly table: string;
  readonly metric?: number | undefined;
}

/** `default` alone does not say which kind of addresses it is for: the gateway does. */
export function isV6({ name, gateway }: RouteArgs): boolean {
  return name === 'default' ? isIP(gateway ?? '') === 6 : parseNetwork(name)?.isV6 === true;
}

export function readRoutes(given: RouteArgs, machine: Reading): Promise<IpFacts> {
  return readIp(listRoutes(isV6(given)), 'Routes', machine);
}

/** The destination as ip writes it: a single address has no length. */
export function destinationOf({ name }: RouteArgs): string {
  const found = parseNetwork(name);
  if (found === undefined) return name;
  const { address, length } = found;
  if (length === 0) return 'default';
  return length === (found.isV6 ? 128 : 32) ? address : `${address}/${length}`;
}

/** Routes to the same place in the same table, of the same metric where one is said: there can be but one of each metric. */
export function routesTo(listed: readonly JsonMap[], given: RouteArgs): readonly JsonMap[] {
  const destination = destinationOf(given);
  return listed.filter(
    (route) =>
      route['dst'] === destination &&
      (route['type'] === undefined || route['type'] === 'unicast') &&
      // The main table is not named.
      asText(route['table'] ?? 'main') === given.table &&
      (given.metric === undefined || metricOf(route['metric'], given) === given.metric),
  );
}

/** The words of ip for the route. */
export function wordsOf(given: RouteArgs): string[] {
  const { gateway, interface: on, table: into, metric } = given;
  return [
    destinationOf(given),
    ...(gateway === undefined ? [] : ['via', gateway]),
    ...(on === undefined ? [] : ['dev', on]),
    ...(into === 'main' ? [] : ['table', into]),
    ...(metric === undefined ? [] : ['metric', String(metric)]),
  ];
}

export function showRoute(route: JsonMap): string {
  const { dst, gateway, dev, metric } = route;
  const parts = [
    asText(dst),
    ...(gateway === undefined ? [] : [`via ${asText(gateway)}`]),
    ...(dev === undefined ? [] : [`dev ${asText(dev)}`]),
    ...(metric === undefined ? [] : [`metric ${asText(metric)}`]),
  ];
  return parts.join(' ');
}

/** The metric that counts: what says none has 0, or 1024 among routes of IPv6. */
export function metricOf(metric: unknown, given: RouteArgs): unknown {
  return metric ?? (isV6(given) ? 1024 : 0);
}
