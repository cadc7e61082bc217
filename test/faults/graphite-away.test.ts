import { carbonIsInstalled, startCarbon } from '../../cli/demo/carbon.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { needing } from '../kit/needing.ts';

const withCarbon = needing('graphite-carbon', carbonIsInstalled());

withCarbon(
  'Graphite is away for a while, the samples of that while arrive with the times they were taken at',
  async (t) => {
    const carbon = await startCarbon();
    t.teardown(() => carbon.close());
    const cluster = await startCluster(t, {
      reactor: [{ 'collector/result': ['builtin:result'] }],
      'graphite.host': carbon.host,
      'graphite.port': carbon.port,
    });
    await cluster.joinMinion('web1', { config: { collectors: 1 } });
    const metric = 'web1.load.1m';
    await eventually(() => carbon.series(metric).length > 0);
    await carbon.stop();
    const away = Date.now() / 1000;
    const taken = async (): Promise<number> =>
      (await cluster.events()).filter(({ tag }) => tag === 'collector/result').length;
    const before = await taken();
    await eventually(async () => (await taken()) >= before + 25);
    const back = Date.now() / 1000;
    await carbon.start();
    await eventually(() => {
      const meanwhile = carbon.series(metric).filter(([time]) => time > away && time < back);
      return meanwhile.length >= Math.floor(back - away) - 2;
    });
    t.pass();
  },
);
