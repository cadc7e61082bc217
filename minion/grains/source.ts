import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where grains are read from: no process is started, no name server asked. */
export interface GrainSource {
  /** A file's text; undefined when it can't be read. */
  readText(path: string): string | undefined;
  /** The names in a directory, sorted; empty when it can't be read. */
  list(path: string): readonly string[];
  /** What a symbolic link says; undefined for anything else. */
  readLink(path: string): string | undefined;
  exists(path: string): boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Node's name of the architecture it was built for: that of the programs, whatever the kernel is. */
  readonly arch: string;
  readonly uname: {
    readonly sysname: string;
    readonly nodename: string;
    readonly release: string;
    readonly version: string;
    readonly machine: string;
  };
  /** Addresses of the interfaces that are up. */
  interfaces(): NodeJS.Dict<os.NetworkInterfaceInfo[]>;
}

/** The running system; what the distribution brought is read under `root`, what the kernel says never is. */
export function systemSource(root = '/'): GrainSource {
  const real = (file: string) => (/^\/(?:etc|usr|var)\//.test(file) ? path.join(root, file) : file);
  return {
    readText: (file) => attempt(() => readFileSync(real(file), 'utf8'), undefined),
    list: (folder) => attempt(() => readdirSync(real(folder)).sort(), []),
    readLink: (file) => attempt(() => readlinkSync(real(file)), undefined),
    exists: (file) => existsSync(real(file)),
    env: process.env,
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    arch: process.arch,
    uname: {
      sysname: os.type(),
      nodename: os.hostname(),
      release: os.release(),
      version: os.version(),
      machine: os.machine(),
    },
    interfaces: () => attempt(() => os.networkInterfaces(), {}),
  };
}

/** Grains are a survey: what this machine does not show is left out, not an error. */
function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
