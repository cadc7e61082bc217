import { builtin } from '../../../../lib/builtin.ts';
import { isMap } from '../../../../lib/json.ts';
import { keysOf } from '../../../../lib/yaml/maps.ts';
import { refuse, text, type Helpers } from './definition.ts';

const one = { takes: 'a text', args: [1, 1] } as const;

function hash(name: string): (args: readonly unknown[]) => string {
  return ([of]) => builtin('node:crypto').createHash(name).update(text(of)).digest('hex');
}

/** As Python's `quote`: slashes stay. */
function urlencoded(of: string): string {
  return encodeURIComponent(of)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (one_) => `%${one_.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The name space that Salt's filter has. */
const salted = Buffer.from('91633ebf1c865e33935a28061f4b480e', 'hex');

export const hashes = (): Helpers => ({
  md5: {
    summary: 'The MD5 of a text, in hexadecimal digits.',
    ...one,
    jinja: 'x | md5',
    example: '{{md5 "random"}}',
    gives: '7ddf32e17a6ac5ce04a8ecbf782ca509',
    call: hash('md5'),
  },
  sha1: {
    summary: 'The SHA-1 of a text, in hexadecimal digits.',
    ...one,
    jinja: "salt['hashutil.digest'](x, 'sha1')",
    example: '{{sha1 "random"}}',
    gives: 'a415ab5cc17c8c093c015ccdb7e552aee7911aa4',
    call: hash('sha1'),
  },
  sha256: {
    summary: 'The SHA-256 of a text, in hexadecimal digits.',
    ...one,
    jinja: 'x | sha256',
    example: '{{sha256 "random"}}',
    gives: 'a441b15fe9a3cf56661190a0b93b9dec7d04127288cc87250967cf3b52894d11',
    call: hash('sha256'),
  },
  sha512: {
    summary: 'The SHA-512 of a text, in hexadecimal digits.',
    ...one,
    jinja: 'x | sha512',
    example: '{{truncate (sha512 "random") 16 end=""}}',
    gives: '811a90e1c8e86c7b',
    call: hash('sha512'),
  },
  hmac: {
    summary: 'The HMAC (SHA-256) of a text with a secret, in hexadecimal digits.',
    takes: 'a text and a secret',
    args: [2, 2],
    jinja: "x | hmac_compute('secret')",
    example: '{{truncate (hmac "get salted" "shared secret") 16 end=""}}',
    gives: '78159ff5bb2d5e0f',
    call: ([of, secret]) => builtin('node:crypto').createHmac('sha256', text(secret)).update(text(of)).digest('hex'),
  },
  base64_encode: {
    summary: 'A text in Base64.',
    ...one,
    jinja: 'x | base64_encode',
    example: '{{base64_encode "get salted"}}',
    gives: 'Z2V0IHNhbHRlZA==',
    call: ([of]) => Buffer.from(text(of)).toString('base64'),
  },
  base64_decode: {
    summary: 'The text that is in Base64.',
    takes: 'a text in Base64 of UTF-8',
    args: [1, 1],
    jinja: 'x | base64_decode',
    example: '{{base64_decode "Z2V0IHNhbHRlZA=="}}',
    gives: 'get salted',
    call: ([of]) => {
      const source = text(of).replace(/\s/g, '');
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(source)) refuse();
      const found = Buffer.from(source, 'base64');
      return found.equals(Buffer.from(found.toString())) ? found.toString() : refuse();
    },
  },
  urlencode: {
    summary: 'A text for a URL, slashes as they are; a map as `a=1&b=2`.',
    takes: 'a text or a map of texts',
    args: [1, 1],
    jinja: 'x | urlencode',
    example: '{{urlencode "a b/c?"}} {{urlencode (dict q="a&b")}}',
    gives: 'a%20b/c%3F q=a%26b',
    call: ([of]) => {
      if (!isMap(of)) return urlencoded(text(of));
      const part = (value: unknown) => urlencoded(text(value)).replaceAll('/', '%2F');
      return keysOf(of)
        .map((key) => `${part(key)}=${part(of[key])}`)
        .join('&');
    },
  },
  uuid: {
    summary: 'The UUID (version 5, in the name space of Salt) that always belongs to a text.',
    ...one,
    jinja: 'x | uuid',
    example: '{{uuid "random"}}',
    gives: '3652b285-26ad-588e-a5dc-c2ee65edc804',
    call: ([of]) => {
      const bytes = builtin('node:crypto').createHash('sha1').update(salted).update(text(of)).digest();
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
  },
});
