import { asText, type Json } from '../../lib/json.ts';
import { answerShape, gathering, namesOf } from '../../lib/mine/names.ts';
import type { MineReader } from '../mine/reader.ts';
import type { Runner, RunnerTable } from './runner.ts';

/** Salt's runner `mine`. Who may call runners may read all of the mine. `execute` is the runner `salt.execute`. */
export function mineRunners(reader: () => MineReader, execute: Runner['run']): RunnerTable {
  return {
    'mine.get': {
      summary: 'what minions have told the mine, by minion; of several functions, by function. All may be read here',
      takes: ['tgt', 'fun', 'tgt_type'],
      needs: 2,
      run({ tgt, fun, tgt_type = 'glob' }) {
        const names = namesOf(fun);
        const found = gathering();
        const question = { tgt: targetText(tgt), tgt_type: asText(tgt_type), names: names.all };
        for (const { id, values } of reader().read(question))
          for (const [name, value] of values) found.add(name, id, value);
        return answerShape(found.answer(), names);
      },
    },
    'mine.update': {
      summary:
        'has minions tell the mine anew; gives what each answered, as `salt.execute` does, `false` for one that did not',
      takes: ['tgt', 'tgt_type', 'clear', 'mine_functions'],
      needs: 1,
      run: ({ tgt = '', tgt_type = 'glob', ...kwarg }, caller) =>
        execute({ tgt, tgt_type, fun: 'mine.update', kwarg }, caller),
    },
  };
}

const targetText = (tgt: Json | undefined): string => (Array.isArray(tgt) ? tgt.map(asText).join(',') : asText(tgt));
