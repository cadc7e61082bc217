import type { IncomingMessage } from 'node:http';
import { sleep, systemClock, type Clock } from '../../lib/clock.ts';
import type { QueryStep, StepResult } from '../../lib/contracts/machine.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { isExpected } from '../../lib/expectation.ts';
import { gather } from '../../lib/system/output.ts';

/** Bytes of an answer that are looked at. */
const MOST_BYTES = 1024 * 1024;
const MOST_REDIRECTIONS = 5;

export interface Queries {
  perform(step: QueryStep): Promise<StepResult>;
}

type Answer = Extract<StepResult, { did: 'query' }>;

/** Asks web servers. A server that can't be reached is an answer, too: it may come up while is asked again. */
export function createQueries({ clock = systemClock }: { readonly clock?: Clock } = {}): Queries {
  return {
    async perform(step) {
      const deadline = clock.monotonic() + step.waitMs;
      for (;;) {
        const answer = await ask(step, step.url, MOST_REDIRECTIONS);
        if (isExpected(answer, step) || clock.monotonic() + step.intervalMs > deadline) return answer;
        await sleep(clock, step.intervalMs);
      }
    },
  };
}

async function ask(step: QueryStep, url: string, redirections: number): Promise<Answer> {
  try {
    const answer = await askOnce(step, url);
    const { location } = answer;
    if (location === undefined || redirections === 0) return answer.said;
    const next = new URL(location, url);
    // What is for one server is not told to another.
    const headers = next.origin === new URL(url).origin ? step.headers : {};
    return await ask({ ...step, headers }, next.href, redirections - 1);
  } catch (error) {
    return { did: 'query', status: undefined, text: '', error: messageOf(error) };
  }
}

async function askOnce(step: QueryStep, url: string): Promise<{ said: Answer; location: string | undefined }> {
  const { method, headers, body, verifyTls, timeoutMs } = step;
  const options = { method, headers, signal: AbortSignal.timeout(timeoutMs), agent: false } as const;
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const heard = (response: IncomingMessage): void => {
      const gathered = gather(response, MOST_BYTES);
      response.once('error', reject);
      response.once('end', () => {
        const status = response.statusCode;
        const moved = status !== undefined && [301, 302, 303, 307, 308].includes(status) && method === 'GET';
        resolve({
          said: { did: 'query', status, text: gathered.text() },
          location: moved ? response.headers.location : undefined,
        });
      });
    };
    const asked = request(url, { ...options, rejectUnauthorized: verifyTls }, heard);
    asked.once('error', reject);
    asked.end(body);
  });
}
