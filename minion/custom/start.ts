import { messageOf } from '../../lib/errors/error.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { JobControl } from '../jobs/in-process.ts';
import type { JobOrder, JobReturn } from '../jobs/messages.ts';
import type { Ask } from '../fetched-files.ts';
import { remoteTree } from '../remote-tree.ts';
import { codeOf, type CustomCode } from './code.ts';
import { masterIndex, watchedIndex } from './index-file.ts';
import { shownOf } from './sync.ts';

export interface MinionCustomOptions {
  readonly cachedir: string;
  readonly autoload: boolean;
  readonly ask: Ask;
  readonly run: (order: JobOrder, control: JobControl) => Promise<JobReturn>;
  readonly log: Log;
}

/** An operator's own code, as far as the minion itself has to do with it: none of it runs in its process. */
export interface MinionCustom {
  current(): CustomCode | undefined;
  /** The master let the minion in: what has changed is fetched, and grains are gathered, by a process of its own. */
  accepted(): Promise<void>;
}

export function minionCustom({ cachedir, autoload, ask, run, log }: MinionCustomOptions): MinionCustom {
  const index = watchedIndex(masterIndex(cachedir));
  let code: CustomCode | undefined;

  function current(): CustomCode | undefined {
    const now = index();
    if (now.plugins.length === 0) return undefined;
    if (code?.index !== now) code = codeOf(now, (_, entry) => remoteTree(ask, cachedir).fetch(entry), shownOf);
    return code;
  }

  return {
    current,
    async accepted() {
      if (!autoload) return;
      try {
        // Of a minion without any, nothing is started.
        if (index().plugins.length === 0 && (await ask('files.custom', {}))['any'] !== true) return;
        const kwarg: JsonMap = {};
        const order = { jid: '', fun: 'saltutil.sync_all', arg: [], kwarg, user: 'start' };
        const { return: answer, success } = await run(order, { term: new AbortController().signal });
        if (!success) log('error', 'custom modules can not all be used', { problems: problemsIn(answer) });
      } catch (thrown) {
        log('warning', 'custom modules were not fetched', { reason: messageOf(thrown) });
      }
    },
  };
}

/** What a sync has to complain of: entries with more than a name; all of an answer that is a complaint itself. */
function problemsIn(answer: unknown): string {
  if (!isMap(answer)) return String(answer);
  const told = Object.values(answer).flat().map(String);
  return told.filter((one) => one.includes(' ')).join('; ');
}
