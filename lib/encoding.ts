/** How text becomes bytes, by Python's names for it: what Salt's `encoding` and `encoding_errors` mean. */
export interface Encoding {
  readonly encoding?: string | undefined;
  readonly encoding_errors: EncodingErrors;
}

export const encodingErrors = ['strict', 'ignore', 'replace', 'xmlcharrefreplace', 'backslashreplace'] as const;
type EncodingErrors = (typeof encodingErrors)[number];

/** What is wrong with an encoding's name; undefined for one that is known. */
export function encodingComplaint(encoding: string | undefined): string | undefined {
  return encoding === undefined || encoderOf(encoding) !== undefined
    ? undefined
    : `encoding ${encoding} is not known here`;
}

/** The bytes of a text, UTF-8 where no encoding is given; a sentence when it has a character that the encoding lacks. */
export function encode(text: string, { encoding = 'utf-8', encoding_errors: onError }: Encoding): Buffer | string {
  const encoder = encoderOf(encoding);
  if (!encoder) return `encoding ${encoding} is not known here`;
  const { byteOf } = encoder;
  if (!byteOf) return encoder.whole(text);
  const bytes: number[] = [];
  for (const character of text) {
    const byte = byteOf(character);
    if (byte !== undefined) bytes.push(byte);
    else if (onError === 'strict') return `the character ${JSON.stringify(character)} can't be written in ${encoding}`;
    else bytes.push(...Buffer.from(instead(character, onError), 'latin1'));
  }
  return Buffer.from(bytes);
}

function instead(character: string, onError: Exclude<EncodingErrors, 'strict'>): string {
  const code = character.codePointAt(0) ?? 0;
  switch (onError) {
    case 'ignore':
      return '';
    case 'replace':
      return '?';
    case 'xmlcharrefreplace':
      return `&#${code};`;
    case 'backslashreplace': {
      const [letter, digits] = code > 0xffff ? ['U', 8] : code > 0xff ? ['u', 4] : ['x', 2];
      return `\\${letter}${code.toString(16).padStart(digits, '0')}`;
    }
  }
}

type Encoder =
  | { readonly whole: (text: string) => Buffer; readonly byteOf?: undefined }
  | { readonly byteOf: (character: string) => number | undefined };

const wholes: Readonly<Record<string, (text: string) => Buffer>> = {
  'utf-8': (text) => Buffer.from(text),
  'utf-8-sig': (text) => Buffer.from(`\ufeff${text}`),
  'utf-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16-le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16-be': (text) => Buffer.from(text, 'utf16le').swap16(),
};

const otherNames: Readonly<Record<string, string>> = {
  utf8: 'utf-8',
  u8: 'utf-8',
  utf16: 'utf-16',
  utf16le: 'utf-16-le',
  utf16be: 'utf-16-be',
  latin1: 'latin-1',
  'iso-8859-1': 'latin-1',
  iso8859: 'latin-1',
  'us-ascii': 'ascii',
};

function encoderOf(name: string): Encoder | undefined {
  const usual = usualName(name);
  const whole = wholes[usual];
  if (whole) return { whole };
  if (usual === 'ascii' || usual === 'latin-1') {
    const most = usual === 'ascii' ? 0x80 : 0x100;
    return { byteOf: (character) => below(character.codePointAt(0) ?? most, most) };
  }
  return tableOf(usual);
}

function below(code: number, most: number): number | undefined {
  return code < most ? code : undefined;
}

/** The encodings that have a byte for each character, read out of their decoder. */
function tableOf(usual: string): Encoder | undefined {
  const label = labelOf(usual);
  if (label === undefined) return undefined;
  const decoder = new TextDecoder(label);
  const bytes = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) bytes.set(decoder.decode(Buffer.from([byte])), byte);
  bytes.delete('\ufffd');
  return { byteOf: (character) => bytes.get(character) };
}

function usualName(name: string): string {
  const plain = name.toLowerCase().replaceAll('_', '-');
  return otherNames[plain] ?? plain.replace(/^cp(\d+)$/, 'windows-$1');
}

/** What `TextDecoder` calls an encoding; undefined for one it has not. */
function labelOf(name: string): string | undefined {
  const usual = usualName(name);
  if (Object.hasOwn(wholes, usual)) return usual.replace('-sig', '').replace(/-([lb]e)$/, '$1');
  return /^(?:windows-125\d|windows-874|iso-8859-\d+|koi8-[ru]|macintosh|windows-866)$/.test(usual)
    ? usual.replace('windows-866', 'ibm866')
    : undefined;
}

/** The text of bytes in an encoding, UTF-8 where none is given; a sentence when they are no such text. */
export function decode(bytes: Buffer, encoding = 'utf-8'): { readonly text: string } | string {
  const label = labelOf(encoding);
  const isLatin = ['ascii', 'latin-1'].includes(usualName(encoding));
  if (isLatin) return { text: bytes.toString('latin1') };
  if (label === undefined) return `encoding ${encoding} is not known here`;
  try {
    return { text: new TextDecoder(label, { fatal: true }).decode(bytes) };
  } catch {
    return `it is no text in ${encoding}`;
  }
}
