import { configErrors } from '../errors/config.ts';
import { forbiddenKeys } from '../json.ts';
import type { Finding } from './option.ts';

/** The keys, at any depth, that no message can carry. */
export function findForbiddenKeys(value: unknown, path: Finding['path'] = []): Finding[] {
  if (typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, inner]) => {
    const way = [...path, isList ? Number(key) : key];
    const isForbidden = !isList && forbiddenKeys.has(key);
    const error: Finding['error'] = (more) => configErrors.forbiddenKey({ key }, more);
    return [
      ...(isForbidden ? [{ path: way, ofKey: true, isHarmless: false, error }] : []),
      ...findForbiddenKeys(inner, way),
    ];
  });
}
