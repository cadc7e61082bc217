import { readFileSync } from 'node:fs';
import { messageOf } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { renderReactions } from '../reactor/sls/render.ts';
import { renderPillar } from './render-pillar.ts';
import { serve } from './serve.ts';

/* The program of a rendering process: answers `reactions` of `{file, tag, data}`, and `pillar` of a `PillarWork`. */

serve(async (what, of) => {
  if (!isMap(of)) throw new RangeError(`nothing to render: ${what}`);
  if (what === 'reactions') return reactions(of);
  if (what === 'pillar') return renderPillar(of);
  throw new RangeError(`not rendered here: ${what}`);
});

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
