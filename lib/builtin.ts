/**
 * Node's own module, loaded when it is first needed. These take a millisecond or three of a start, and most calls of the
 * command line use none of them.
 */
export function builtin<Name extends 'node:child_process' | 'node:crypto' | 'node:net' | 'node:vm'>(name: Name) {
  return process.getBuiltinModule(name);
}
