/** Data that travels: in events, job arguments, returns, pillar, grains. */
export type Json = null | boolean | number | string | Json[] | JsonMap;
export interface JsonMap {
  [key: string]: Json;
}

/** Names that mean something to JavaScript on any object: no message has such a key. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is made of nothing but what JSON has. */
export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return isJsonMap(value);
}

export function isJsonMap(value: unknown): value is JsonMap {
  return isMap(value) && Object.values(value).every(isJson);
}

/** Whether lists and maps are in each other more than `most` times. */
export function isDeeper(value: Json, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((one) => isDeeper(one, most - 1));
}

/** A value as text: text as it is, anything else as JSON, nothing as nothing. For what should be text and may be anything. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}

/** A value in a sentence: as text, a list as its parts with commas between. */
export function listText(value: Json): string {
  return Array.isArray(value) ? value.map(asText).join(', ') : asText(value);
}

/** Bytes of it as JSON, in UTF-8. */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
