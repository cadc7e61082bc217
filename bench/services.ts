import { realpathSync } from 'node:fs';
import path from 'node:path';
import { openHosts, tsaltBinds } from '../test/host/kit.ts';
import { atLeast, report } from './report.ts';
import { ratio, type Measured } from './measure.ts';
import { saltProgram } from './peers.ts';

/**
 * Twenty services that run already, on a machine of its own whose first process is systemd: the manager is read once, not
 * once a service.
 */
export async function services(): Promise<void> {
  if (process.getuid?.() !== 0) {
    console.log('\nservices: left out, a machine is started only by root');
    return;
  }
  const salt = saltProgram();
  const binds = (salt === undefined ? [] : homesOf(salt)).map((from) => ({ from, to: from }));
  const hosts = await openHosts({ binds: [...tsaltBinds, ...binds] });
  try {
    const host = await hosts.boot('bench');
    const words = ['node', '/opt/tsalt/dist/bench/services-child.js'];
    const measured = JSON.parse(await host.run('env', `SALT_CALL=${salt ?? ''}`, ...words)) as Measured[];
    report('20 services, all running and enabled already', {
      marks: [atLeast('salt / tsalt', ratio(measured, 'salt', 'tsalt'), 8, 'times')],
      measured,
    });
  } finally {
    await hosts.close();
  }
}

/** The virtualenv that a program is of, and the Python that it runs with where the machine has another. */
function homesOf(program: string): string[] {
  const virtualenv = path.dirname(path.dirname(program));
  const python = path.dirname(path.dirname(realpathSync(path.join(virtualenv, 'bin/python3'))));
  return python === '/usr' ? [virtualenv] : [virtualenv, python];
}
