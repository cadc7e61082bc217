import { catalogue } from './error.ts';

export const machineErrors = catalogue('TS_MACHINE', {
  notAbsolute: ({ path }: { path: string }) => `${JSON.stringify(path)} is not an absolute path`,
  isDirectory: ({ path }: { path: string }) => `${path} is a directory: a file can't take its place`,
  isWholeTree: ({ path }: { path: string }) => `${path} is the whole tree: it is not removed`,
  tooManyLinks: ({ path }: { path: string }) => `${path}: too many symbolic links in a row`,
  shortWrite: ({ path, wrote, size }: { path: string; wrote: number; size: number }) =>
    `${path}: only ${wrote} of ${size} bytes could be written`,
  noSuchUser: ({ user }: { user: string }) => `user ${user} does not exist here`,
  notPermittedToRunAs: ({ user }: { user: string }) => `running a command as ${user} takes root`,
  noCommandsUnderRoot: ({ root }: { root: string }) =>
    `commands can't be run in ${root}: that takes root, and the shell and the programs there ('allow_commands_outside_root' in the config runs them outside)`,
  commandFailed: ({ command, how, said }: { command: string; how: string; said: string }) =>
    `${command} ${how}${said === '' ? ', and said nothing' : `: ${said}`}`,
  noFunctions: ({ fun }: { fun: string }) => `${fun} can't be called: there are no execution functions here`,
  refused: ({ complaint, said }: { complaint: string; said: string }) =>
    `${complaint}${said === '' ? '' : `\n${said}`}`,
  noNode: ({ path, reason }: { path: string; reason: string }) => `${path} could not be made: ${reason}`,
  cannotMove: ({ path }: { path: string }) =>
    `${path} is neither a file, a link nor a directory: it is not moved to another file system`,
  cannotStart: ({ program, reason }: { program: string; reason: string }) =>
    `${program} could not be started: ${reason}`,
});
