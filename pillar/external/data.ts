import type { ExtPillarContext } from '../../lib/contracts/ext-pillar.ts';
import { describeKind } from '../../lib/describe.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { MARK } from '../../lib/secrets/marked.ts';
import { loadYaml } from '../../lib/yaml/load.ts';

/** A map out of YAML, which may mark secrets. Raises what is wrong with it: its place, and not its text. */
export async function mapOfYaml(text: string, context: Pick<ExtPillarContext, 'secret'>): Promise<JsonMap> {
  const secret = text.includes(MARK) ? await context.secret() : undefined;
  const { data, errors } = loadYaml(text, 'its answer', undefined, secret);
  const [first] = errors;
  if (first) {
    const { line = 0, column = 0 } = first.place ?? {};
    throw new Error(`its answer, line ${String(line)}, column ${String(column)}: ${first.sentence}`);
  }
  return mapOf(data ?? {});
}

/** A map out of JSON. */
export function mapOfJson(text: string): JsonMap {
  try {
    return mapOf(JSON.parse(text));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    throw new Error(
      `its answer is no JSON: ${messageOf(thrown).replace(/,? "[^]*" is not valid JSON.*$|\.\.\.[^]*$/, '')}`,
    );
  }
}

function mapOf(value: unknown): JsonMap {
  if (isMap(value)) return value as JsonMap;
  throw new Error(`its answer has to be a map, not ${describeKind(value)}`);
}
