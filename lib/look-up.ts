import { isMap, type Json, type JsonMap } from './json.ts';

/** The value at `a:b:0` in nested maps and lists (Salt's way to name one); undefined when there is none. */
export function lookUp(data: JsonMap, key: string, delimiter = ':'): Json | undefined {
  let at: Json | undefined = data;
  for (const part of key.split(delimiter)) {
    if (Array.isArray(at)) at = /^\d+$/.test(part) ? at[Number(part)] : undefined;
    else if (isMap(at)) at = Object.hasOwn(at, part) ? (at as JsonMap)[part] : undefined;
    else return undefined;
  }
  return at;
}
