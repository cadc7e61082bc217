import { isUtf8 } from 'node:buffer';
import { textErrors } from './errors/text.ts';
import { placeAt } from './place.ts';

/** The text of a file that has to be UTF-8; `file` is its name in errors. Raises `TS_TEXT_NOT_UTF8`, with the place. */
export function textOf(bytes: Buffer, file: string): string {
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return text;
  // What is no character became U+FFFD.
  const place = placeAt(file, text, Math.max(0, text.indexOf('\ufffd')));
  throw textErrors.notUtf8(undefined, { place, hint: 'is it a binary file, or saved in an older encoding?' });
}
