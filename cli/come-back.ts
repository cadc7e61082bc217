import { shellWord } from '../lib/shell-word.ts';

interface Connection {
  readonly 'config-dir'?: string | undefined;
  readonly 'operator-key'?: string | undefined;
}

const waits = /^(?:runner\.)?state\.(?:orchestrate|orch|sls)$/;

/** The whole command that waits for what was begun as a function of the master, or shows how far it is: to be copied. */
export function comeBack(words: readonly string[], jid: string, given: Connection): string {
  const [fun = ''] = words;
  const again = waits.test(fun)
    ? [...words.filter((word) => !word.startsWith('orchestration_jid=')), `orchestration_jid=${jid}`]
    : ['jobs.show', jid];
  const options = (['config-dir', 'operator-key'] as const).flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return ['tsalt', 'run', ...again, ...options].map(shellWord).join(' ');
}
