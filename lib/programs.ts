import type { FileView } from './contracts/machine.ts';

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const EXECUTABLE = 0o111;

/** Where a program of the managed tree is; undefined when it is in none of the usual places. */
export function findProgram(files: FileView, name: string): string | undefined {
  return folders
    .map((folder) => `${folder}/${name}`)
    .find((place) => {
      const facts = files.follow(place);
      return facts?.kind === 'file' && (facts.mode & EXECUTABLE) !== 0;
    });
}

/** What to say when a state needs a program that is not there: what for, and the Debian package it is in; undefined when it is there. */
export function lacking(files: FileView, program: string, what: string, inPackage: string): string | undefined {
  if (findProgram(files, program) !== undefined) return undefined;
  return `${what} takes the program ${program}, which is not here: install the package ${inPackage}`;
}
