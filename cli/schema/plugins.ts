import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The types of what `tsalt/plugins` gives; they were made with the bundle, which they are beside. */
export function pluginTypes(): string {
  const isBundled = fileURLToPath(import.meta.url).endsWith('.cjs');
  return readFileSync(new URL(isBundled ? './plugins.d.ts' : '../../plugins.d.ts', import.meta.url), 'utf8');
}
