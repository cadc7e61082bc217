import { pathToFileURL } from 'node:url';
import { isMap } from '../../lib/json.ts';
import { isTypeScript, moduleOnDisk } from '../../lib/modules/disk-tree.ts';

/** What an operator's module of code is about: its default export. Raises what the module raises. */
export async function defaultExport(file: string): Promise<unknown> {
  const module: unknown = isTypeScript(file) ? await typed(file) : await import(pathToFileURL(file).href);
  return isMap(module) ? module['default'] : undefined;
}

/** TypeScript on any Node, by way of what runs state files that are written in it. */
async function typed(file: string): Promise<unknown> {
  const { loadModule } = await import('../../lib/modules/load.ts');
  const { entry, tree } = moduleOnDisk(file);
  return (await loadModule(entry, tree)).exports;
}
