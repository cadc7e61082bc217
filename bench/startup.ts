import { race, ratio } from './measure.ts';
import { ansible, puppetApply, saltCall } from './peers.ts';
import { atLeast, atMost, ratios, report } from './report.ts';
import { tsalt, workplace } from './workplace.ts';

/** Doing nothing: `tsalt call --local test.ping` against bare Node and what other tools do as nothing. */
export function startup(): void {
  const place = workplace();
  const config = place.tsaltConfig();
  const all = race(
    [
      { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
      { name: 'tsalt', argv: [...tsalt, 'call', '--local', '--config-dir', config, 'test.ping'] },
      ...saltCall(place, 'test.ping'),
      ...puppetApply(place, '-e', ''),
      ...ansible(place, 'ansible', 'localhost', '--connection', 'local', '-m', 'ping'),
    ],
    15,
  );
  report('start-up: call --local test.ping', {
    marks: [
      atMost('tsalt / bare node -e 0', ratio(all, 'tsalt', 'node -e 0'), 2.5, 'times'),
      atLeast('salt / tsalt', ratio(all, 'salt', 'tsalt'), 8, 'times'),
    ],
    measured: all,
    notes: ratios(all, 'tsalt', ['puppet', 'ansible']),
  });
  place.remove();
}
