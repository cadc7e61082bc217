import { statfs } from 'node:fs/promises';
import type { MinionConfig } from '../../lib/config/options.ts';
import { asText, isMap } from '../../lib/json.ts';
import type { LocalClient } from '../../wire/local/client.ts';
import { bad, good, warning, type Finding } from './finding.ts';

const MIB = 1024 * 1024;
const DISK_WARNING_MIB = 64;
const WAITING_WARNING = 100;

/** What there is to say of the minion of this machine. */
export async function minionFindings(minion: LocalClient, config: MinionConfig): Promise<Finding[]> {
  const status = await minion.call('status');
  const { link, waiting = 0, jobs = [], id } = isMap(status) ? status : {};
  const { state = 'lost', reason } = isMap(link) ? link : {};
  const { bavail, bsize } = await statfs(config.cachedir);
  const free = Math.round((bavail * bsize) / MIB);
  const master = `${config.master}:${config.master_port}`;
  return [
    state === 'accept'
      ? good('link', `${asText(id)} is connected to ${master}`)
      : bad(
          'link',
          `${asText(id)} is not connected to ${master}: ${asText(reason ?? state)}`,
          hintFor(asText(state), asText(id)),
        ),
    Number(waiting) > WAITING_WARNING
      ? warning(
          'queues',
          `${Number(waiting)} returns and events wait for the master`,
          'they are kept until it has them',
        )
      : good('queues', `${Number(waiting)} returns and events wait for the master`),
    good('jobs', Array.isArray(jobs) && jobs.length > 0 ? `${jobs.length} are running` : 'none is running'),
    free < DISK_WARNING_MIB
      ? bad('disk', `${free} MiB are free below ${config.cachedir}`, 'make room: without any no job is begun')
      : good('disk', `${free} MiB are free below ${config.cachedir}`),
  ];
}

function hintFor(state: string, id: string): string {
  if (state === 'pend') return `on the master: tsalt key accept ${id}`;
  if (state === 'reject' || state === 'denied')
    return `on the master: tsalt key finger ${id} shows what it has; tsalt key delete ${id} lets this one ask anew`;
  return 'is the master running, and are its two ports (master_port and the publish port) open to this machine?';
}
