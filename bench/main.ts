import os from 'node:os';
import { check } from './check.ts';
import { costs } from './costs.ts';
import { enrolment } from './enrolment.ts';
import { events } from './events.ts';
import { fewFiles, files, templates } from './files.ts';
import { jobs } from './jobs.ts';
import { memory } from './memory.ts';
import { conditions, hosts, packages } from './nothing-to-do.ts';
import { watchOthers } from './others.ts';
import { ping } from './ping.ts';
import { reconnect } from './reconnect.ts';
import { missedMarks } from './report.ts';
import { restart } from './restart.ts';
import { services } from './services.ts';

import { startup } from './startup.ts';

/** All benches, by name; `npm run bench -- NAME ...` runs some of them. */
const benches: Readonly<Record<string, () => void | Promise<void>>> = {
  startup,
  check,
  files,
  'few-files': fewFiles,
  templates,
  hosts,
  packages,
  conditions,
  services,
  enrolment,
  ping,
  jobs,
  events,
  costs,
  memory,
  reconnect,
  restart,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
const [cpu] = os.cpus();
console.log(
  `Node ${process.versions.node}, ${os.cpus().length} x ${cpu?.model ?? 'unknown CPU'}, Linux ${os.release()}, load ${os.loadavg()[0]?.toFixed(2) ?? '?'}`,
);
const disturbed: string[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const warning = watchOthers();
  await bench();
  const busy = warning();
  if (busy === undefined) continue;
  disturbed.push(name);
  console.log(`  BUSY    ${busy}`);
}
console.log(`\n${missedMarks() === 0 ? 'every mark is met' : `${missedMarks()} marks are missed`}`);
if (disturbed.length > 0) console.log(`the machine was busy with other things during ${disturbed.join(', ')}`);
