import { work } from '../minion/jobs/worker.ts';

/** Not for people: what a minion starts for each job that is not quick. */
export default async function worker(): Promise<number> {
  await work();
  return 0;
}
