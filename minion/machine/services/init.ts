import { existsSync, readFileSync } from 'node:fs';

/** What starts and stops services on the machine this process runs on. */
export interface Init {
  /** systemd is the running service manager. */
  readonly systemd: boolean;
  /** There is a systemctl, which can also work on the files of a tree that nothing runs in. */
  readonly systemctl: boolean;
  /** The command name of PID 1. */
  readonly name: string;
}

/** What PID 1 is here, by systemd's own test (sd_booted(3)). */
export function lookAtInit(): Init {
  return {
    systemd: existsSync('/run/systemd/system'),
    systemctl: ['/usr/bin/systemctl', '/bin/systemctl'].some((program) => existsSync(program)),
    name: existsSync('/proc/1/comm') ? readFileSync('/proc/1/comm', 'utf8').trim() : 'unknown',
  };
}
