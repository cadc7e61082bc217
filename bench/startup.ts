import path from 'node:path';
import { race, ratio, type Contender } from './measure.ts';
import { salt } from './peers.ts';
import { atLeast, atMost, printMarks } from './report.ts';
import { tsalt, workplace } from './workplace.ts';

/** Doing nothing: `tsalt call --local test.ping` against bare Node and Salt. */
export function startup(): void {
  const place = workplace();
  const contenders: Contender[] = [
    { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
    {
      name: 'tsalt',
      argv: [...tsalt, 'call', '--local', '--config-dir', path.join(place.directory, 'etc'), 'test.ping'],
    },
  ];
  const peer = salt();
  if ('program' in peer)
    contenders.push({ name: 'salt', argv: [peer.program, '--local', '--config-dir', place.saltConfig(), 'test.ping'] });
  else console.log(peer.missing);
  const [node, ours, theirs] = race(contenders, 9);
  if (!node || !ours) return;
  printMarks('start-up', [
    atMost('tsalt call --local test.ping / node -e 0', ratio(ours, node), 2.5, 'times'),
    ...(theirs ? [atLeast('salt-call --local test.ping / tsalt', ratio(theirs, ours), 8, 'times')] : []),
  ]);
  place.remove();
}
