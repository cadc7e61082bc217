import { posix } from 'node:path';
import type { FileView } from '../contracts/machine.ts';

/* Jobs that wait for at(1), as its spool tells of them. */

export interface AtJob {
  readonly job: number;
  readonly queue: string;
  readonly user: string;
  /** When it runs, in minutes since 1970. */
  readonly minutes: number;
  /** Salt's name for it. */
  readonly tag: string;
  /** What it runs, without the environment that at puts before it. */
  readonly command: string;
  readonly path: string;
}

const folders = ['/var/spool/cron/atjobs', '/var/spool/at'];

export const tagMark = '### SALT:';

/** The jobs that wait, the next one first. Raises `EACCES` for whoever is not root. */
export function readAtJobs(files: FileView, userName: (uid: number) => string): AtJob[] {
  const folder = folders.find((one) => files.follow(one)?.kind === 'directory');
  if (folder === undefined) return [];
  const jobs = files.list(folder).flatMap((name) => {
    // The queue's letter, the number of the job and its minute; a job that runs has another first sign.
    const [, queue = '', number = '', minutes = ''] = /^([A-Za-z])([0-9a-f]{5})([0-9a-f]{8})$/.exec(name) ?? [];
    const path = posix.join(folder, name);
    const facts = queue === '' ? undefined : files.look(path);
    if (facts?.kind !== 'file') return [];
    const { tag, command } = parse(files.read(path).toString('utf8'));
    const [job, minute] = [Number.parseInt(number, 16), Number.parseInt(minutes, 16)];
    return [{ job, queue, user: userName(facts.uid), minutes: minute, tag, command, path }];
  });
  return jobs.sort((a, b) => a.minutes - b.minutes || a.job - b.job);
}

function parse(text: string): { tag: string; command: string } {
  // Before it stands a change to the directory that it was asked for in, with what to do when that is gone.
  const [, after] = /\n\}\n([\s\S]*)$/.exec(text) ?? [];
  const [, mark] = /^(?:\w+ )?<<\s*'?(\S+?)'?\n/.exec(after ?? '') ?? [];
  const body = after ?? text;
  const lines = body
    .split('\n')
    .filter((line) => mark === undefined || (line !== mark && !line.includes(`<< '${mark}'`)));
  const tag =
    lines
      .find((line) => line.startsWith(tagMark))
      ?.slice(tagMark.length)
      .trim() ?? '';
  const command = lines
    .filter((line) => !line.startsWith(tagMark))
    .join('\n')
    .trim();
  return { tag, command };
}
