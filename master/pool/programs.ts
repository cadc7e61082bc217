import { programBeside } from '../../lib/system/child/program.ts';

/** The file of one of this folder's programs: `render-child`, `code-child`. */
export function poolProgram(name: string): string {
  return programBeside(import.meta.url, name);
}
