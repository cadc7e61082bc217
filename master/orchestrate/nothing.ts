import { orchestrationErrors } from '../../lib/errors/orchestration.ts';

/** A part of a machine that there is none of, but for what is given: whatever else it is asked, it says so. */
export function nothing<Part extends object>(what: string, there: Partial<Part> = {}): Part {
  return new Proxy(there as Part, {
    get(part, key) {
      if (Reflect.has(part, key)) return Reflect.get(part, key) as unknown;
      throw orchestrationErrors.notHere({ what });
    },
  });
}
