import test from 'ava';
import { loadMasterConfig } from '../../lib/config/load.ts';
import { silent } from '../../lib/log.ts';
import { housekeeping, type HousekeepingOptions } from '../../master/housekeeping.ts';
import { fakeClock } from '../kit/clock.ts';

test('housekeeping: ended while it clears up, it does not begin again', async (t) => {
  const clock = fakeClock();
  let begun = 0;
  let goOn = (): void => {};
  const jobs = {
    expire: () => {
      begun++;
      return new Promise<void>((resolve) => (goOn = resolve));
    },
  };
  // Nothing else is asked within the first minute.
  const nothing = {} as never;
  const options: HousekeepingOptions = {
    config: loadMasterConfig({ env: {} }).config,
    bus: nothing,
    jobs: jobs as unknown as HousekeepingOptions['jobs'],
    tokens: nothing,
    keys: nothing,
    instances: nothing,
    orchestrations: nothing,
    needless: () => 0,
    clock,
    log: silent,
  };
  const end = housekeeping(options);
  clock.advance(1000);
  t.is(begun, 1);
  end();
  goOn();
  await new Promise((resolve) => setImmediate(resolve));
  t.is(clock.waiting, 0);
});
