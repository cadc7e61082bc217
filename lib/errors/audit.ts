import { catalogue } from './error.ts';

export const auditErrors = catalogue('TS_AUDIT', {
  notWritten: ({ path, reason }: { path: string; reason: string }) =>
    `nothing was done: it could not be noted in ${path}: ${reason}`,
  moved: ({ path }: { path: string }) => `nothing was done: ${path} is no longer the file that the master writes to`,
  open: ({ path, mode }: { path: string; mode: number }) =>
    `${path} can be read or written by others (mode ${mode.toString(8)})`,
  broken: ({ path, problem }: { path: string; problem: string }) =>
    `the audit log can't be gone on with: ${path}: ${problem}`,
});
