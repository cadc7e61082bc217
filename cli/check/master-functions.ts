import { TsaltError } from '../../lib/errors/error.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import type { TemplateFunctions } from '../../states/engine/render.ts';

/*
 * Orchestrations are in the same trees as other states, and their templates may ask the master. Here there is none: what it
 * would answer, and so what such a template makes, can't be known.
 */

const ofMasters: ReadonlySet<string> = new Set(['saltutil.runner', 'saltutil.wheel']);

/** The functions, and those that only orchestrations have: a template that calls one of these is broken off. */
export function withMasterFunctions(functions: TemplateFunctions): TemplateFunctions {
  return {
    ...functions,
    prepare: (names) => functions.prepare(new Set([...names].filter((fun) => !ofMasters.has(fun)))),
    problem: (fun) => (ofMasters.has(fun) ? undefined : functions.problem(fun)),
    call(fun, args, named) {
      if (ofMasters.has(fun)) throw orchestrationErrors.masterKnows({ fun });
      return functions.call(fun, args, named);
    },
  };
}

/** Whether it is no mistake: a template has asked the master. */
export function asksMaster({ cause }: TsaltError): boolean {
  return cause instanceof TsaltError && cause.code === 'TS_ORCHESTRATION_MASTER_KNOWS';
}
