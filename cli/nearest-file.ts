import path from 'node:path';
import { nearest } from '../lib/nearest.ts';
import { namesIn } from '../lib/system/names-in.ts';

/** The name beside a file that is not there, that was most likely meant. */
export const nearestBeside = (file: string): string | undefined =>
  nearest(path.basename(file), namesIn(path.dirname(file)));
