import { existsSync } from 'node:fs';
import path from 'node:path';

/** Whether a file is there, or may be: the config of another machine can be checked here, too. */
export const isHere = (file: string): boolean => existsSync(file) || !existsSync(path.dirname(file));
