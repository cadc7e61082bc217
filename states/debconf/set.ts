import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { giveAnswers, isGiven, readAnswers, shown, type Answer, type AnswerFacts } from './answers.ts';

const kinds = ['boolean', 'error', 'multiselect', 'note', 'password', 'select', 'string', 'text', 'title'] as const;
const word = v.pipe(v.string(), v.regex(/^[^\s#]+$/, 'one word'));

const args = v.strictObject({
  /** The package that asks. */
  name: word,
  data: v.record(
    word,
    v.strictObject({
      type: v.picklist(kinds),
      value: v.union([arg.scalar, v.null()]),
    }),
  ),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, AnswerFacts>({
  summary: 'Questions of a package are answered, before it asks them.',
  example: `
tzdata:
  debconf.set:
    - data:
        tzdata/Areas: {type: select, value: Europe}
        tzdata/Zones/Europe: {type: select, value: Berlin}
`,
  args,
  reads: ['files', 'packages'],
  check(given) {
    const odd = answersOf(given).find(({ value }) => /[\r\n]/.test(value));
    return odd && `the answer to ${odd.question} is of more than one line`;
  },
  read: (_, machine) => readAnswers(machine),

  plan(given, facts): Plan {
    if (facts.problem !== undefined) return impossible(facts.problem);
    const answers = answersOf(given);
    const todo = answers.filter((answer) => !isGiven(facts, answer));
    if (todo.length === 0) return alreadyRight('All specified answers are already set');
    const same = answers.filter((answer) => !todo.includes(answer)).map(({ question }) => question);
    const unchanged = same.length > 0 ? `Unchanged answers: ${same.join(' ')}` : '';
    const list = todo.map(({ question }) => question).join(', ');
    return {
      changes: Object.fromEntries(todo.map((answer) => [answer.question, shown(answer)])),
      comment: [`Answers would be set: ${list}`, unchanged].filter(Boolean).join('\n'),
      done: [`Answers were set: ${list}`, unchanged].filter(Boolean).join('\n'),
      steps: [giveAnswers(todo)],
    };
  },
});

function answersOf({ name, data }: Args): Answer[] {
  return Object.entries(data).map(([question, { type, value }]) => ({
    owner: name,
    question,
    type,
    value: type === 'boolean' ? String(value === true || value === 'true') : String(value ?? ''),
  }));
}
