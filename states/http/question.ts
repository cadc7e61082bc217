import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Expectation, QueryStep, StepResult } from '../../lib/contracts/machine.ts';
import type { Outcome, Plan } from '../../lib/contracts/state.ts';
import { meets } from '../../lib/expectation.ts';

/* What http.query and http.wait_for_successful_query have in common. */

const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(86_400));
const scalarMap = v.record(v.string(), arg.scalar);

export const questionArgs = {
  name: v.pipe(v.string(), v.regex(/^https?:\/\/[^\s]+$/, 'an address of http:// or https://')),
  match: v.optional(arg.scalar),
  match_type: v.optional(v.picklist(['string', 'pcre']), 'string'),
  status: v.optional(v.union([v.string(), v.number(), v.array(v.union([v.string(), v.number()]))])),
  status_type: v.optional(v.picklist(['string', 'list', 'pcre']), 'string'),
  method: v.optional(v.picklist(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']), 'GET'),
  params: v.optional(scalarMap),
  data: v.optional(v.string()),
  header_dict: v.optional(scalarMap),
  header_list: v.optional(v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+:/, "'Name: value'")))),
  username: v.optional(v.string()),
  password: v.optional(v.string()),
  verify_ssl: arg.flag(true),
  /** Seconds for one answer. */
  timeout: v.optional(seconds, 60),
  /** Seconds between two questions. */
  request_interval: v.optional(seconds, 1),
};

const schema = v.object(questionArgs);
export type QuestionArgs = v.InferOutput<typeof schema>;

export function checkQuestion(given: QuestionArgs): string | undefined {
  if (given.match === undefined && given.status === undefined)
    return 'Either match text (match) or a status code (status) is required.';
  if (Array.isArray(given.status) && given.status_type !== 'list')
    return "several statuses go with 'status_type: list'";
  const patterns = [
    ...(given.match_type === 'pcre' ? [given.match] : []),
    ...(given.status_type === 'pcre' ? [given.status] : []),
  ];
  for (const pattern of patterns) {
    try {
      new RegExp(String(pattern ?? ''));
    } catch {
      return `${JSON.stringify(pattern)} is no regular expression`;
    }
  }
  return undefined;
}

/** The plan to ask for `waitFor` seconds: it changes nothing, and what is answered only the run knows. */
export function planQuestion(given: QuestionArgs, waitFor: number): Plan {
  const step: QueryStep = {
    do: 'query',
    url: addressOf(given),
    method: given.method,
    headers: headersOf(given),
    ...(given.data === undefined ? {} : { body: given.data }),
    verifyTls: given.verify_ssl,
    timeoutMs: given.timeout * 1000,
    waitMs: waitFor * 1000,
    intervalMs: given.request_interval * 1000,
    expected: { status: statusOf(given), text: textOf(given) },
  };
  return { changes: {}, comment: `${given.name} would be asked (TEST MODE)`, steps: [step] };
}

/** Salt's sentences on what was found. */
export function reportQuestion(_: Plan, results: readonly StepResult[], given: QuestionArgs): Outcome {
  const answer = results.find((result) => result.did === 'query');
  if (!answer || answer.status === undefined)
    return {
      result: false,
      changes: {},
      comment: `${given.name} did not answer: ${answer?.error ?? 'it was not asked'}`,
    };
  const said: string[] = [];
  let result = true;
  const judge = (what: string, expected: Expectation | undefined, text: string, plural: boolean): void => {
    if (!expected) return;
    const found = meets(text, expected);
    if (!found) result = false;
    said.push(`${what} ${found || !plural ? 'was' : 'were'} ${found ? '' : 'not '}found.`);
  };
  const isPattern = given.match_type === 'pcre';
  judge(`Match ${isPattern ? 'pattern' : 'text'} "${given.match}"`, textOf(given), answer.text, false);
  const { status } = given;
  const isList = Array.isArray(status);
  const met = meets(String(answer.status), statusOf(given));
  judge(
    isList
      ? met
        ? `Status ${answer.status}`
        : `Statuses ${status.join(', ')}`
      : `Status ${given.status_type === 'pcre' ? `pattern "${status}"` : status}`,
    statusOf(given),
    String(answer.status),
    isList,
  );
  return { result, changes: {}, comment: said.join(' ') };
}

function addressOf({ name, params }: QuestionArgs): string {
  if (!params) return name;
  const url = new URL(name);
  for (const [key, value] of Object.entries(params)) url.searchParams.append(key, String(value));
  return url.href;
}

function headersOf(given: QuestionArgs): Record<string, string> {
  const listed = (given.header_list ?? []).map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()] as const;
  });
  const named = Object.entries(given.header_dict ?? {}).map(([name, value]) => [name, String(value)] as const);
  const secret = Buffer.from(`${given.username ?? ''}:${given.password ?? ''}`).toString('base64');
  return {
    'User-Agent': 'tsalt',
    ...(given.username === undefined ? {} : { Authorization: `Basic ${secret}` }),
    ...Object.fromEntries([...listed, ...named]),
  };
}

function textOf({ match, match_type: type }: QuestionArgs): Expectation | undefined {
  if (match === undefined) return undefined;
  return type === 'pcre' ? { pattern: String(match) } : { oneOf: [String(match)], whole: false };
}

function statusOf({ status, status_type: type }: QuestionArgs): Expectation | undefined {
  if (status === undefined) return undefined;
  return type === 'pcre' && !Array.isArray(status)
    ? { pattern: String(status) }
    : { oneOf: [status].flat().map(String), whole: true };
}
