import * as v from 'valibot';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { byTls, fetchSource, sourceProblem } from '../../lib/sources/fetch-source.ts';
import { textOf } from '../../lib/text.ts';
import { giveAnswers, isGiven, parseSelections, readAnswers, shown, type Answer, type AnswerFacts } from './answers.ts';

interface Facts extends AnswerFacts {
  readonly answers: readonly Answer[];
}

const context = v.optional(v.record(v.string(), v.unknown()));

const args = v.strictObject({
  name: v.string(),
  source: v.string(),
  template: v.optional(v.literal('handlebars', 'handlebars')),
  context,
  defaults: context,
});

export default defineState<typeof args, Facts>({
  summary: 'Questions of packages are answered as a file of the state tree or of a web server (https) says.',
  example: `
answers:
  debconf.set_file:
    - source: salt://answers.selections
`,
  args,
  reads: ['files', 'packages'],
  check: ({ source }) => sourceProblem([source], { web: 'https' }),
  needs: ({ source }) => (source.startsWith('salt://') ? [source] : []),

  async read(given, machine): Promise<Facts> {
    const facts = readAnswers(machine);
    const found = await fetchSource(machine, [given.source], byTls);
    if (typeof found === 'string') return { ...facts, answers: [], problem: found };
    const text = textOf(found.content, given.source);
    // Both come out of YAML: they are plain data.
    const names = { ...given.defaults, ...given.context } as JsonMap;
    const answers = parseSelections(given.template === undefined ? text : machine.render(text, given.source, names));
    return typeof answers === 'number'
      ? {
          ...facts,
          answers: [],
          problem: `${given.source}, line ${answers}: expected a package, a question, a type and a value`,
        }
      : { ...facts, answers };
  },

  plan(_, facts): Plan {
    if (facts.problem !== undefined) return impossible(facts.problem);
    const todo = facts.answers.filter((answer) => !isGiven(facts, answer));
    if (todo.length === 0) return alreadyRight('All specified answers are already set');
    return {
      changes: Object.fromEntries(todo.map((answer) => [answer.question, shown(answer)])),
      comment: 'Debconf selections would have been set.',
      done: 'Debconf selections were set.',
      steps: [giveAnswers(todo)],
    };
  },
});
