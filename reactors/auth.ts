import type { ReactorContext, ReactorFactory, Skipped } from '../lib/contracts/reactor.ts';
import type { InstanceState } from '../lib/contracts/instances.ts';
import { isMinionId } from '../lib/ids.ts';
import { remoteRegistry } from './http-registry.ts';

/** Instances that may still be let in. */
const starting: readonly InstanceState[] = ['launched', 'starting'];

/**
 * Lets machines in that were launched: on a key that waits (`salt/auth`, `act: pend`) it asks the registry for the id.
 * Config: `auth.registry`, `auth.unknown`, `auth.allow_without_token`. While the registry can't be reached the key waits,
 * and the question is asked again.
 */
const auth: ReactorFactory = ({ config }) => {
  const remote = remoteRegistry(config);
  const rejects = config['auth.unknown'] !== 'pend';
  const tokenless = config['auth.allow_without_token'] === true;

  return {
    name: 'auth',
    summary: 'accepts the keys of machines that were launched, and no others',
    timeoutMs: 60_000,
    atOnce: 1_000,
    // About half a day: a registry may be away for long, and the key waits as long.
    retry: { tries: 2_000, firstMs: 200, longestMs: 30_000 },
    async react({ data }, context) {
      const { act, id, fingerprint } = data;
      if (act !== 'pend') return skipped('no key waits');
      if (!isMinionId(id) || typeof fingerprint !== 'string') return skipped('the event names no key');
      const instance = remote ? await remote.find(id, context.signal) : await context.instances.find(id);
      if (!instance) return turnDown(context, id, fingerprint, 'the registry knows no such machine');
      if (!starting.includes(instance.state)) {
        return turnDown(context, id, fingerprint, `the machine is ${instance.state}, not starting`);
      }
      const token = await context.keys.tokenOf(id, fingerprint);
      if (token === 'bad')
        return turnDown(context, id, fingerprint, 'its enrolment token is not the one issued for it');
      if (token === 'missing')
        return turnDown(context, id, fingerprint, 'it has no enrolment token, and one was issued');
      if (token === 'none' && !tokenless) {
        return skipped('no enrolment token was issued for it (auth.allow_without_token): the key waits for a person');
      }
      return (await context.keys.accept(id, fingerprint)) ? undefined : skipped('the key no longer waits');
    },
  };

  async function turnDown(
    context: ReactorContext,
    id: string,
    fingerprint: string,
    why: string,
  ): Promise<void | Skipped> {
    if (!rejects) return skipped(`${why}: the key waits for a person`);
    context.log('warning', 'a key is rejected', { id, fingerprint, why });
    return (await context.keys.reject(id, fingerprint, why)) ? undefined : skipped('the key no longer waits');
  }
};

export default auth;

const skipped = (why: string): Skipped => ({ skipped: why });
