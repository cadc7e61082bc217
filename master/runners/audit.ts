import type { AuditLog } from '../audit/log.ts';
import type { RunnerTable } from './runner.ts';
import { countOf } from './values.ts';

/** What was asked for at the control socket, and by whom. */
export function auditRunners(audit: () => AuditLog): RunnerTable {
  return {
    'audit.list': {
      summary: 'the newest lines of the audit log, oldest of them first',
      takes: ['limit'],
      run: ({ limit }) => audit().newest(countOf('limit', limit, 50)),
    },
    'audit.verify': {
      summary: 'reads the whole audit log; says whether a line was altered or taken out, and where',
      takes: [],
      run: () => audit().verify(),
    },
  };
}
