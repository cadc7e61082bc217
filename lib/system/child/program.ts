import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The file of a program that is beside a module, as `import.meta.url` names that; a bundle has its programs beside it, each
 * bundled in its turn. `name` is without an ending.
 */
export function programBeside(module: string, name: string): string {
  const file = fileURLToPath(module);
  return path.join(path.dirname(file), `${name}${path.extname(file)}`);
}
