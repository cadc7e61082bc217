import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { asText, type JsonMap } from '../../lib/json.ts';
import { publicKeyText } from '../../lib/operators/public-key.ts';
import { connectLocal, type LocalClient } from '../../wire/local/client.ts';
import { generateIdentity, type Identity } from '../../wire/keys.ts';
import { proveOperator } from '../../wire/operator-proof.ts';
import type { Cluster } from '../kit/cluster.ts';

export const keyLine = (identity: Identity): string => publicKeyText(identity.publicKey, 'somebody@here');

export const socketOf = (cluster: Cluster): string => path.join(cluster.master.directory, 'run/master.sock');

/** A connection that has shown nothing. */
export async function unnamed(t: ExecutionContext, cluster: Cluster): Promise<LocalClient> {
  const control = await connectLocal('master', socketOf(cluster));
  t.teardown(() => control.close());
  return control;
}

export async function challengeOf(control: LocalClient): Promise<Buffer> {
  const { challenge } = (await control.call('operator.challenge')) as JsonMap;
  return Buffer.from(asText(challenge), 'base64');
}

/** Shows a proof; the answer is the operator's name. */
export async function show(control: LocalClient, { publicKey }: Identity, signature: Buffer): Promise<unknown> {
  const proof = { key: publicKey.toString('base64'), signature: signature.toString('base64') };
  return ((await control.call('operator.prove', proof)) as JsonMap)['name'];
}

/** A connection of the operator who has that key. */
export async function as(t: ExecutionContext, cluster: Cluster, identity: Identity): Promise<LocalClient> {
  const control = await unnamed(t, cluster);
  await show(control, identity, proveOperator(identity, socketOf(cluster), await challengeOf(control)));
  return control;
}

export const identities = (): { readonly alice: Identity; readonly bob: Identity } => ({
  alice: generateIdentity(),
  bob: generateIdentity(),
});

/** The order that a command gives. */
export const order = (tgt: string, fun: string, more: JsonMap = {}): JsonMap => ({
  tgt,
  tgt_type: 'glob',
  fun,
  timeout: 30,
  ...more,
});

/** Runs a function, and gives what was told of it. */
export async function execAs(control: LocalClient, params: JsonMap): Promise<JsonMap[]> {
  const told: JsonMap[] = [];
  await control.call('exec', params, (one) => told.push(one as JsonMap));
  return told;
}
