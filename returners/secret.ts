import { readFile } from 'node:fs/promises';
import { messageOf } from '../lib/errors/error.ts';
import { returnerErrors } from '../lib/errors/returners.ts';

/** The secret that a file holds, without the line's end; read each time, so that a new one is taken up. Raises `TS_RETURNER_NO_SECRET`. */
export async function readSecret(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw returnerErrors.noSecret({ file, why: messageOf(cause) }, { cause });
  });
  const secret = text.trimEnd();
  if (secret === '') throw returnerErrors.noSecret({ file, why: 'it is empty' });
  return secret;
}
