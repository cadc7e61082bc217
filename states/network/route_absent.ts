import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { ipStep, listRoutes } from './ip.ts';
import { isV6, readRoutes, routeArgs, routesTo, showRoute, wordsOf } from './routes.ts';

export default defineState({
  summary: 'The running system has no route to this place; with a gateway or an interface, none by these.',
  example: `
10.99.0.0/16:
  network.route_absent: []
`,
  args: v.strictObject(routeArgs),
  reads: ['files'],
  read: readRoutes,
  plan(given, { problem, listed }) {
    if (problem !== undefined) return impossible(problem);
    const { gateway, interface: on } = given;
    const there = routesTo(listed, given).filter(
      (route) => (gateway === undefined || route['gateway'] === gateway) && (on === undefined || route['dev'] === on),
    );
    const shown = `Route ${wordsOf(given).join(' ')}`;
    if (there.length === 0) return alreadyRight(`${shown} is already absent`);
    const kind = isV6(given) ? '-6' : '-4';
    const then = listed.filter((one) => !there.includes(one));
    return {
      changes: { [given.name]: { old: there.map(showRoute).join(', '), new: '' } },
      comment: `${shown} would be removed`,
      done: `${shown} was removed`,
      steps: there.map(({ gateway: via, dev, metric }) => {
        const exact = {
          ...given,
          gateway: typeof via === 'string' ? via : undefined,
          interface: typeof dev === 'string' ? dev : undefined,
          metric: typeof metric === 'number' ? metric : undefined,
        };
        return ipStep(['ip', kind, 'route', 'delete', ...wordsOf(exact)], listRoutes(isV6(given)), then);
      }),
    };
  },
});
