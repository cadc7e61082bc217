/** Characters that a secret has at least: what is shorter can't be told from other text, and would be shown. */
export const SHORTEST = 4;

/**
 * The texts in which a secret may come to light: itself and each line of it, as they are and as JSON, URLs, shells, YAML and
 * Base64 write them. Without those that are too short to be told from other text.
 */
export function formsOf(secret: string): ReadonlySet<string> {
  const whole = secret.trim();
  const lines = whole.split(/[\r\n]+/).map((line) => line.trim());
  const texts = new Set([whole, ...lines].filter(({ length }) => length >= SHORTEST));
  return new Set([...texts].flatMap(written).filter(({ length }) => length >= SHORTEST));
}

function written(text: string): string[] {
  const json = jsonText(text);
  // Half of a character is none in a URL.
  const wellFormed = Buffer.from(text).toString();
  return [
    text,
    json,
    // A message that tells of JSON, within JSON.
    jsonText(json),
    encodeURIComponent(wellFormed),
    encodeURI(wellFormed),
    new URLSearchParams([['', text]]).toString().slice(1),
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", "''"),
    text.replace(/[\\"$`]/g, '\\$&'),
    ...base64Texts(Buffer.from(text)),
  ];
}

function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What bytes look like in Base64 of both alphabets, wherever among other bytes they stand (`user:password`). */
function base64Texts(bytes: Buffer): string[] {
  const texts = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first digits are also of the bytes before, the last one of those behind.
    const isWhole = (before + bytes.length) % 3 === 0;
    return encoded.slice(Math.ceil((before * 4) / 3), isWhole ? undefined : -1);
  });
  const all = [bytes.toString('base64').replace(/=+$/, ''), ...texts];
  return [...all, ...all.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}
