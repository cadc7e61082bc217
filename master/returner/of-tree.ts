import type { OpenReturner } from '../../lib/contracts/returner.ts';
import { returnerErrors } from '../../lib/errors/returners.ts';
import { codeAt, moduleNamed, stampOf, type Trees } from '../own-code.ts';
import { apartReturner, type ApartReturnerOptions } from '../pool/apart-returner.ts';

export interface TreeReturnerOptions extends Omit<ApartReturnerOptions, 'of'> {
  /** Name of a file of `_returners`. */
  readonly kind: string;
  readonly trees: Trees;
}

/** The tree is looked at no more often, in ms. */
const LOOK_MS = 1000;

interface Running {
  readonly stamp: string;
  readonly returner: Promise<OpenReturner>;
}

/**
 * A returner of the state tree, as it is there: it begins anew when its code is another. While the tree has none, or one that
 * can't be used, sending fails, and is tried again.
 */
export function treeReturner({ kind, trees, clock, ...options }: TreeReturnerOptions): OpenReturner {
  let running: Running | undefined;
  let looked = Number.NEGATIVE_INFINITY;

  async function current(): Promise<OpenReturner> {
    if (running && clock.monotonic() - looked < LOOK_MS) return running.returner;
    const path = moduleNamed(trees, 'returners', kind);
    if (path === undefined) {
      end();
      throw returnerErrors.notInTree({ kind });
    }
    const code = await codeAt(trees, 'returners', path);
    const stamp = stampOf(code);
    looked = clock.monotonic();
    if (running?.stamp === stamp) return running.returner;
    end();
    const begun: Running = { stamp, returner: apartReturner({ ...options, clock, of: { code } }) };
    running = begun;
    begun.returner.catch(() => {
      // What can't be opened is opened again by the next batch.
      if (running === begun) running = undefined;
    });
    return begun.returner;
  }

  function end(): void {
    running?.returner.then((returner) => returner.close?.()).catch(() => {});
    running = undefined;
  }

  return {
    send: async (events, signal) => (await current()).send(events, signal),
    close: async () => {
      const last = running;
      running = undefined;
      await (await last?.returner.catch(() => undefined))?.close?.();
    },
  };
}
