import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { race } from './measure.ts';
import { stateRuns } from './nothing-to-do.ts';
import { workplace } from './workplace.ts';

/* The part of the bench of services that runs on the machine itself: what was measured goes to stdout, as JSON. */

const ROUNDS = 7;
const names = Array.from({ length: 20 }, (_, n) => `bench${String(n)}`);

const unit = '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n';
for (const name of names) writeFileSync(`/etc/systemd/system/${name}.service`, unit);
execFileSync('systemctl', ['daemon-reload']);
execFileSync('systemctl', ['--quiet', 'enable', '--now', ...names]);

/** When each of them was started: a run that has nothing to do leaves them alone. */
const started = (): string =>
  execFileSync('systemctl', ['show', '--property=ActiveEnterTimestampMonotonic,UnitFileState', ...names]).toString();

const place = workplace();
const sls = names.map((name) => `${name}:\n  service.running:\n    - enable: true\n`).join('');
const before = started();
const contenders = stateRuns(place, { services: sls }).map((one) => ({
  ...one,
  check() {
    if (started() !== before) throw new Error(`${one.name} touched services that were right`);
  },
}));
const measured = race(contenders, ROUNDS);
place.remove();
process.stdout.write(JSON.stringify(measured));
