import type { TreeEntry } from '../../lib/file-tree.ts';

/** A file of this machine. */
export interface Located {
  readonly file: string;
  readonly size: number;
}

/** Where state trees are from: directories of this machine, or git. */
export interface FileSource {
  /** The environments that it has of its own. */
  names(): readonly string[];
  /** Whether an environment may have code for minions. Quick. */
  hasCustom(): boolean;
  /**
   * What is in an environment, as lists of which the first that has a path wins; none where there is no such environment.
   * The same list is the same object.
   */
  lists(environment: string): Promise<readonly (readonly TreeEntry[])[]>;
  /** A file that has these bytes; what was `gone` had them when it was served. Undefined where none had. */
  locate(sha256: string): Located | { readonly gone: string } | undefined;
}
