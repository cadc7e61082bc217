import { questionErrors } from '../lib/errors/questions.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { hideValues } from '../lib/secrets/values.ts';
import type { MasterSession } from '../wire/types.ts';
import { tellTops, type Tops } from '../lib/tops.ts';
import type { Bundles } from './bundles.ts';
import type { FileServer } from './files.ts';
import type { MinionFacts } from './facts.ts';
import type { MineQuestions } from './mine/questions.ts';
import type { PillarOf } from './pillar.ts';

/** What answers one question of a minion. The id is the session's: nothing in `body` says who asks. */
type Answer = (session: MasterSession, body: JsonMap) => JsonMap | Promise<JsonMap>;

export interface QuestionParts {
  readonly files: FileServer;
  readonly bundles: Pick<Bundles, 'chunk'>;
  readonly facts: MinionFacts;
  /** `state_events` of the master's config: told with the pillar. */
  readonly stateEvents: boolean;
  readonly pillarOf: PillarOf;
  /** The state trees that there are, and how their top files become one: told with the pillar. */
  readonly tops: () => Tops;
  readonly mine: MineQuestions;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const map = (value: unknown): JsonMap => (isMap(value) ? (value as JsonMap) : {});
/** A name, where there is one. */
const named = (body: JsonMap, key: string): JsonMap => (typeof body[key] === 'string' ? { [key]: body[key] } : {});
const wholeNumber = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0);

/** Everything that an accepted minion may ask: one table, and nothing is found by any other name. */
export function questions({
  files,
  bundles,
  facts,
  stateEvents,
  pillarOf,
  tops,
  mine,
}: QuestionParts): (session: MasterSession, question: string, body: JsonMap) => Promise<JsonMap> {
  const table = new Map<string, Answer>(
    Object.entries({
      ...mine,
      greet: ({ id }: MasterSession, body: JsonMap) => {
        facts.learn(id, map(body.grains));
        return {};
      },
      'files.page': (_: MasterSession, body: JsonMap) =>
        files.page(text(body.env), wholeNumber(body.after), text(body.known)),
      'files.chunk': (_: MasterSession, body: JsonMap) => files.chunk(text(body.sha256), wholeNumber(body.offset)),
      'files.custom': () => ({ any: files.hasCustom() }),
      'files.several': (_: MasterSession, body: JsonMap) =>
        files.several((Array.isArray(body.hashes) ? body.hashes : []).map(text)),
      'bundles.chunk': (_: MasterSession, body: JsonMap) => bundles.chunk(text(body.sha256), wholeNumber(body.offset)),
      pillar: async ({ id }: MasterSession, body: JsonMap) => {
        const override = map(body.override);
        const request = { override, ...named(body, 'saltenv'), ...named(body, 'pillarenv') };
        const { pillar, secrets } = await pillarOf(id, map(body.grains), request);
        // What somebody wants for one run is no fact of the minion; nobody is to find out a secret by aiming at it.
        if (body.for_one_run !== true && Object.keys(override).length === 0)
          facts.learnPillar(id, hideValues(pillar, new Set(secrets)));
        return {
          pillar,
          tops: tellTops(tops()),
          ...(secrets.length > 0 && { secrets: [...secrets] }),
          ...(stateEvents && { state_events: true }),
        };
      },
    }),
  );
  return async (session, question, body) => {
    const answer = table.get(question);
    if (!answer) throw questionErrors.unknown({ question }, { hint: nearest(question, table.keys()) });
    return answer(session, body);
  };
}
