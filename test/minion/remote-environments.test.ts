import test from 'ava';
import { remoteEnvironments } from '../../minion/remote-environments.ts';

test('a file of a master: is shown with its environment, where that is not base', async (t) => {
  const files = {
    manifest: (env: string) => Promise.resolve(env === 'none' ? undefined : { hash: env, entries: [] }),
    fetch: () => Promise.reject(new Error('nothing is fetched')),
    ahead: () => {},
  };
  const environments = remoteEnvironments(files, () => ['base', 'dev']);
  t.is((await environments.tree('base'))?.shown('web/a.sls'), 'salt://web/a.sls');
  t.is((await environments.tree('dev'))?.shown('web/a.sls'), 'salt://web/a.sls?saltenv=dev');
  t.is(await environments.tree('none'), undefined);
});
