import { readFileSync } from 'node:fs';
import { messageOf } from '../../lib/errors/error.ts';
import { reactorErrors } from '../../lib/errors/reactor.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { renderReactions } from '../reactor/sls/render.ts';
import { serve } from './serve.ts';

/* The program of a rendering process: answers `reactions` of `{file, tag, data}`. */

serve(async (what, of) => {
  if (what !== 'reactions' || !isMap(of)) throw new RangeError(`not rendered here: ${what}`);
  const { file, tag, data } = of;
  if (typeof file !== 'string' || typeof tag !== 'string' || !isMap(data))
    throw new RangeError('not an event and a file');
  return renderReactions(sourceOf(file), file, tag, data as JsonMap);
});

function sourceOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw reactorErrors.unreadableFile({ file, why: messageOf(error) });
  }
}
