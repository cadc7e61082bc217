import { randomInt } from 'node:crypto';
import { messageOf } from '../lib/errors/error.ts';
import { clusterErrors } from '../lib/errors/cluster.ts';
import type { JsonMap } from '../lib/json.ts';
import type { LaunchedMachine, Provider } from '../lib/contracts/provider.ts';

/** The part of the master's control interface that launching needs. */
export interface LaunchControl {
  call(method: string, params: JsonMap): Promise<unknown>;
}

export interface LaunchRequest {
  readonly id: string;
  readonly roles: readonly string[];
  /** Makes what the machine is given, in the provider's form, around its enrolment token. */
  userData(form: Provider['userDataForm'], token: string): string;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** An id that nobody can guess: the role and 12 random letters or digits (71 bits). */
export function unguessableId(role: string): string {
  return `${role}-${Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('')}`;
}

/**
 * Launches one machine: the registry knows it before the provider is asked, so that it can't come up unknown. When the
 * provider fails, the registry says so and nothing of the machine is left.
 */
export async function launchInstance(
  control: LaunchControl,
  provider: Provider,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<LaunchedMachine> {
  const { id, roles } = request;
  const added = (await control.call('instance.add', { id, provider: provider.name, roles: [...roles] })) as {
    token: string;
  };
  try {
    const machine = await provider.launch(
      { id, userData: request.userData(provider.userDataForm, added.token) },
      signal,
    );
    const facts: JsonMap = { id, handle: machine.handle, reason: `${provider.name} has started it` };
    if (machine.address !== undefined) facts['address'] = machine.address;
    await control.call('instance.starting', facts);
    return machine;
  } catch (cause) {
    const reason = messageOf(cause);
    await control.call('instance.failed', { id, reason });
    await provider.terminate(id);
    throw clusterErrors.didNotStart({ id, reason }, { cause });
  }
}

/** Ends a machine and forgets all of it: the machine itself, then its key, session, metrics and files at the master. */
export async function terminateInstance(
  control: LaunchControl,
  provider: Provider,
  id: string,
  reason: string,
): Promise<void> {
  await provider.terminate(id);
  await control.call('instance.gone', { id, reason });
}
