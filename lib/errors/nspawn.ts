import { catalogue } from './error.ts';

export const nspawnErrors = catalogue('TS_NSPAWN', {
  toolMissing: ({ tool }: { tool: string }) => `${tool} is not installed on this machine`,
  toolFailed: ({ command, code, output }: { command: string; code: number; output: string }) =>
    `${command} failed with ${code}: ${output.trim().slice(-2000) || 'it said nothing'}`,
  noCgroup2: ({ file }: { file: string }) => `${file} has no cgroup2 file system: machines can't be run here`,
  badPackageName: ({ name }: { name: string }) => `${JSON.stringify(name)} is not a Debian package's name`,
  noSources: ({ suite }: { suite: string }) => `this machine's apt has no source for Debian ${suite}`,
  badHostName: ({ id }: { id: string }) =>
    `${id} can't be a host's name: it has letters, digits and '-' only, at most 63, and neither starts nor ends with '-'`,
  networkFull: ({ network }: { network: string }) => `no free address in ${network}.0/24`,
  unknownMachine: ({ id }: { id: string }) => `there is no machine ${id} here`,
  notRunning: ({ id }: { id: string }) => `the machine ${id} is not running`,
  tooSlow: ({ what, seconds }: { what: string; seconds: number }) => `${what} took more than ${seconds} s`,
  endedEarly: ({ id, output }: { id: string; output: string }) =>
    `the machine ${id} ended while it started: ${output.trim().slice(-2000) || 'its console is empty'}`,
});
