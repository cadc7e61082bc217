import { readFileSync } from 'node:fs';
import { messageOf } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { renderReactions } from '../reactor/sls/render.ts';
import { packError } from '../../lib/system/child/channel.ts';
import { renderPillar } from './render-pillar.ts';
import { serve } from '../../lib/system/child/serve.ts';

/*
 * The program of a rendering process: answers `reactions` of `{file, tag, data}`, `pillar` of a `PillarWork`, and `several` of
 * a list of `{what, of}` with a list of `{value}` and `{error}`, shorter where time ran out.
 */

/** Milliseconds after which the rest of several is handed back, so that a deadline is one rendering's alone. */
const SEVERAL_MS = 50;

serve(async (what, of) => (what === 'several' ? several(of) : render(what, of)));

async function several(of: Json): Promise<Json> {
  const answers: Json[] = [];
  const until = performance.now() + SEVERAL_MS;
  for (const work of Array.isArray(of) ? of : []) {
    if (answers.length > 0 && performance.now() > until) break;
    try {
      const { what, of: part = null } = isMap(work) ? (work as JsonMap) : {};
      answers.push({ value: await render(asText(what), part) });
    } catch (error) {
      answers.push({ error: packError(error) });
    }
  }
  return answers;
}

async function render(what: string, of: Json): Promise<Json> {
  if (!isMap(of)) throw new RangeError(`nothing to render: ${what}`);
  if (what === 'reactions') return reactions(of);
  if (what === 'pillar') return (await renderPillar(of)) as unknown as JsonMap;
  throw new RangeError(`not rendered here: ${what}`);
}

function reactions({ file, tag, data }: Record<string, unknown>): Json {
  if (typeof file !== 'string' || typeof tag !== 'string' || !isMap(data))
    throw new RangeError('not an event and a file');
  return renderReactions(sourceOf(file), file, tag, data as JsonMap);
}

function sourceOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw reactorErrors.unreadableFile({ file, why: messageOf(error) });
  }
}
