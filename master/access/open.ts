import { rmSync } from 'node:fs';
import path from 'node:path';
import type { MasterConfig } from '../../lib/config/options.ts';
import { accessErrors } from '../../lib/errors/access.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { groupNumber } from '../../lib/system/group-number.ts';
import { OWNER_SOCKET, MASTER_SOCKET } from '../../wire/local/names.ts';
import { serveLocal, type LocalServer } from '../../wire/local/server.ts';
import type { AuditLog } from '../audit/log.ts';
import type { MinionFacts } from '../facts.ts';
import { guard, type ControlMethod } from './guard.ts';
import { operatorsOf } from './operators.ts';

export interface ControlOptions {
  readonly config: Pick<MasterConfig, 'sock_dir' | 'sock_group' | 'operators' | 'nodegroups'>;
  readonly methods: Readonly<Record<string, ControlMethod>>;
  readonly audit: AuditLog;
  readonly facts: Pick<MinionFacts, 'grains' | 'pillar'>;
  readonly rereadOperators: () => JsonMap;
  readonly log: Log;
}

/**
 * Opens the master's control socket; where operators are named, also one for its own user alone. Raises `TS_CONTROL_...`,
 * `TS_ACCESS_NO_GROUP`, `TS_ACCESS_GROUP_REFUSED`, and what is wrong with the operators.
 */
export async function openControl(options: ControlOptions): Promise<LocalServer> {
  const { config, audit, facts, rereadOperators, log } = options;
  const operators = operatorsOf(config.operators, config.nodegroups, (id) => {
    return { id, grains: facts.grains(id), pillar: facts.pillar(id) };
  });
  const methods: Readonly<Record<string, ControlMethod>> = {
    ...options.methods,
    'operator.reload': async () => {
      const names = operators.replace(rereadOperators());
      guarded.endOthers();
      log('info', 'the operators were read again', { operators: names.join(', ') });
      return [...names];
    },
  };
  const socketPath = path.join(config.sock_dir, MASTER_SOCKET);
  const ownerPath = path.join(config.sock_dir, OWNER_SOCKET);
  const guarded = guard({ methods, operators, audit, socketPath, log });
  await audit.note({ fun: 'master.start', pid: process.pid });
  const servers = [await serve(config.sock_group, socketPath)];
  const close = async (): Promise<void> => {
    for (const server of servers) await server.close();
  };
  try {
    // One that a killed master left would be tried first.
    if (!operators.isOn) rmSync(ownerPath, { force: true });
    else servers.push(await serveLocal('master', ownerPath, guarded.forOwner, { ownerOnly: true }));
  } catch (cause) {
    await close();
    throw cause;
  }
  return { close };

  async function serve(said: string | number | undefined, socket: string): Promise<LocalServer> {
    if (said === undefined) return serveLocal('master', socket, guarded.forGroup);
    const name = String(said);
    const group = groupNumber(name);
    if (group === undefined)
      throw accessErrors.noGroup({ group: name }, { hint: `'groupadd --system ${name}' makes it; or say its number` });
    try {
      return await serveLocal('master', socket, guarded.forGroup, { group });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'EPERM') throw cause;
      throw accessErrors.groupRefused({ path: socket, group: name, reason: messageOf(cause) }, { cause });
    }
  }
}
