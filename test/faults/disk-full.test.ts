import { messageOf } from '../../lib/errors/error.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { needing } from '../kit/needing.ts';
import { smallDisk } from '../kit/small-disk.ts';

const asRoot = needing('root', process.getuid?.() === 0);

asRoot(
  "a full disk under the master's store, what was acknowledged stays, the error says why, and it goes on with space",
  async (t) => {
    const disk = smallDisk(t, 16);
    const cluster = await startCluster(t, { cachedir: disk.directory });
    await cluster.joinMinion('web1');
    const acknowledged: number[] = [];
    const send = async (n: number): Promise<void> => {
      await cluster.control.call('event.send', { tag: 'test/full', data: { n, text: 'x'.repeat(10_000) } });
      acknowledged.push(n);
    };
    await send(0);
    disk.fill();
    let refusal: unknown;
    for (let n = 1; n < 500 && refusal === undefined; n++) {
      await send(n).catch((cause: unknown) => (refusal = cause));
    }
    t.regex(messageOf(refusal), /ENOSPC|no space/i);
    t.true(cluster.master.isRunning(), cluster.master.log());

    disk.free();
    await eventually(() => send(1000).then(() => true));
    await eventually(async () => (await cluster.exec('web1', 'test.ping'))[0]?.return === true);
    await cluster.master.kill9();
    await cluster.restartMaster();
    const kept = (await cluster.events('test/full')).map(({ data }) => data['n']);
    t.deepEqual(
      acknowledged.filter((n) => !kept.includes(n)),
      [],
    );
  },
);

asRoot(
  'a full disk on a minion, a job is not begun without its note, and its return arrives when there is space',
  async (t) => {
    const disk = smallDisk(t, 4);
    const cluster = await startCluster(t);
    const minion = await cluster.joinMinion('web1', { config: { cachedir: disk.directory } });
    disk.fill();
    const jid = await cluster.publish('web1', 'cmd.run', ['echo ran'], 60);
    await eventually(() => /a return could not be kept/.test(minion.log()));
    t.true(minion.isRunning());
    disk.free();
    const [end] = await eventually(async () => {
      const returns = await cluster.events(`salt/job/${jid}/ret/web1`);
      return returns.length > 0 && returns;
    });
    t.is(end?.data['success'], false);
    t.regex(JSON.stringify(end?.data['return']), /ENOSPC|no space/i);
    t.is((await cluster.exec('web1', 'cmd.run', ['echo again']))[0]?.return, 'again');
  },
);
