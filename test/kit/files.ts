import type { Roots } from '../../lib/environments.ts';
import { silent } from '../../lib/log.ts';
import { fileServer, type FileServer } from '../../master/files.ts';
import { directorySource } from '../../master/files/directories.ts';

/** Serves directories of this machine, by a clock that stands still where none is given. */
export function filesOf(roots: Roots, monotonic = () => 0): FileServer {
  return fileServer([directorySource(roots, monotonic, silent)]);
}
