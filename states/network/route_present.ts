import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { ipStep, listRoutes } from './ip.ts';
import { destinationOf, isV6, metricOf, readRoutes, routeArgs, routesTo, showRoute, wordsOf } from './routes.ts';

export default defineState({
  summary: 'The running system has this route; another one to the same place is replaced.',
  example: `
10.99.0.0/16:
  network.route_present:
    - interface: lo
`,
  args: v.strictObject(routeArgs),
  reads: ['files'],
  check: ({ gateway, interface: on }) =>
    gateway === undefined && on === undefined ? 'a gateway or an interface is expected' : undefined,
  read: readRoutes,
  plan(given, { problem, listed }) {
    if (problem !== undefined) return impossible(problem);
    const { gateway, interface: on, table, metric } = given;
    const there = routesTo(listed, given);
    const isThis = (route: JsonMap): boolean =>
      route['gateway'] === gateway && (on === undefined || route['dev'] === on);
    const shown = `Route ${wordsOf(given).join(' ')}`;
    if (there.some(isThis)) return alreadyRight(`${shown} is already present`);
    // Others of another metric stay beside it.
    const replaced = there.find((route) => metricOf(route['metric'], given) === metricOf(metric, given));
    const route: JsonMap = {
      dst: destinationOf(given),
      ...(gateway === undefined ? {} : { gateway }),
      ...(on === undefined ? {} : { dev: on }),
      ...(table === 'main' ? {} : { table }),
      ...(metric === undefined ? {} : { metric }),
    };
    const listing = listRoutes(isV6(given));
    const argv = ['ip', isV6(given) ? '-6' : '-4', 'route', 'replace', ...wordsOf(given)];
    return {
      changes: { [given.name]: { old: replaced === undefined ? '' : showRoute(replaced), new: showRoute(route) } },
      comment: `${shown} would be ${replaced === undefined ? 'added' : 'put in place of another one'}`,
      done: `${shown} was ${replaced === undefined ? 'added' : 'put in place of another one'}`,
      steps: [ipStep(argv, listing, [...listed.filter((one) => one !== replaced), route])],
    };
  },
});
