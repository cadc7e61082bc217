import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconEvent } from '../../lib/contracts/beacon.ts';

interface Known {
  /** What it was when it last was looked at. */
  running: boolean;
  /** What was last told, or taken as known. */
  told: boolean | undefined;
  /** Since when it is as it is, by the monotonic clock. */
  since: number;
}

const service: Beacon<ParametersOf<'service'>> = {
  summary:
    'Whether services run; with `onchangeonly` only when that has changed, and for `delay` seconds has not changed back. What a state run itself started or stopped is not told then.',
  example: `
beacons:
  service:
    - services:
        cron: {}
        nginx:
          onchangeonly: true
          delay: 30
          uncleanshutdown: /run/nginx.pid
    - interval: 5
`,
  data: '{nginx: {running: false, uncleanshutdown: true}, service_name: nginx}',
  start({ services }, { clock, look: lookAt, runningServices, didStates }) {
    const known = new Map<string, Known>();
    let lastLook = clock.now();

    function event(name: string, running: boolean): BeaconEvent {
      const pidFile = services[name]?.uncleanshutdown;
      const unclean = pidFile === undefined || running ? {} : { uncleanshutdown: lookAt(pidFile) !== undefined };
      return { tag: name, data: { [name]: { running, ...unclean }, service_name: name } };
    }

    /** Whether there is something to tell of a service of which only changes are told. */
    function isNews(name: string, running: boolean, [from, to]: readonly [number, number]): boolean {
      const { emitatstartup = true, delay = 0 } = services[name] ?? {};
      const now = clock.monotonic();
      const state = known.get(name);
      if (!state) {
        const told = emitatstartup && delay > 0 ? undefined : running;
        known.set(name, { running, told, since: now });
        return emitatstartup && delay === 0;
      }
      if (state.running !== running) {
        state.running = running;
        state.since = now;
        if (didStates({ service: name }, from, to)) state.told = running;
      }
      if (state.told === running || now - state.since < delay * 1000) return false;
      state.told = running;
      return true;
    }

    return {
      async look() {
        const names = Object.keys(services);
        const running = await runningServices(names);
        const span = [lastLook, clock.now()] as const;
        lastLook = span[1];
        return names
          .map((name) => [name, running.get(name) ?? false] as const)
          .filter(([name, isRunning]) => services[name]?.onchangeonly !== true || isNews(name, isRunning, span))
          .map(([name, isRunning]) => event(name, isRunning));
      },
    };
  },
};

export default service;
