import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import * as arg from './args.ts';

/* A command that has to find content right before it is put in place. */

export const checkArgs = {
  check_cmd: v.optional(v.pipe(v.string(), v.minLength(1))),
  tmp_dir: v.optional(v.union([v.literal(''), arg.path])),
  tmp_ext: v.optional(v.pipe(v.string(), v.regex(/^[^/\0]*$/, "an ending without '/'"))),
};

export interface CheckArgs {
  readonly check_cmd?: string | undefined;
  readonly tmp_dir?: string | undefined;
  readonly tmp_ext?: string | undefined;
}

/** The shell that a person's commands are for. */
export function readShell({ grains }: Reading): string {
  const given = grains['shell'];
  return typeof given === 'string' && given !== '' ? given : '/bin/sh';
}

/** Runs the command with the path of a temporary file that holds the content; nothing after it is done when it fails. */
export function checkSteps({ check_cmd, tmp_dir, tmp_ext }: CheckArgs, content: Buffer, shell: string): Step[] {
  if (check_cmd === undefined) return [];
  const scriptFile = { directory: tmp_dir === '' ? undefined : tmp_dir, ending: tmp_ext };
  return [
    {
      do: 'run',
      // The shell calls what comes after the text $0.
      command: { argv: [shell, '-c', `${check_cmd} "$0"`], script: content, scriptFile },
      must: true,
      complaint: 'check_cmd execution failed',
    },
  ];
}
