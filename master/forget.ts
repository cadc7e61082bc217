import { rmSync } from 'node:fs';
import path from 'node:path';
import type { MasterConfig } from '../lib/config/options.ts';
import { parseMinionId } from '../lib/ids.ts';
import type { Store } from '../store/store.ts';
import type { MasterLink } from '../wire/types.ts';
import type { MinionFacts } from './facts.ts';
import { graphitePart, type Keys } from './keys.ts';
import type { Tokens } from './tokens.ts';

export interface ForgetParts {
  readonly config: MasterConfig;
  readonly store: Store;
  readonly keys: Keys;
  readonly tokens: Tokens;
  readonly facts: MinionFacts;
  readonly link: MasterLink;
}

/** Forgets all of a machine that is gone: its key and session, its tokens, what it told of itself, its series in Graphite. */
export function forgetMachine({
  config,
  store,
  keys,
  tokens,
  facts,
  link,
}: ForgetParts): (id: string) => Promise<void> {
  return async (id) => {
    await keys.delete(id);
    link.close(parseMinionId(id), 'the machine is gone');
    await store.commit([...tokens.forget(id, true), ...facts.forget(id)]);
    const whisper = config['graphite.whisper_dir'];
    if (whisper === '') return;
    // The part of a path that an id becomes has neither dots nor slashes.
    const prefix = config['graphite.prefix'].split('.').filter((part) => /^[A-Za-z0-9_-]+$/.test(part));
    rmSync(path.join(whisper, ...prefix, graphitePart(id)), { recursive: true, force: true });
  };
}
