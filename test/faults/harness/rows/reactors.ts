import { goOn, killMaster } from '../nemesis.ts';
import type { Row } from '../row.ts';

const bad = (name: string, react: string): string => `export default {
  name: '${name}',
  summary: 'behaves badly',
  timeoutMs: 400,
  retry: { tries: 2, firstMs: 50, longestMs: 100 },
  async react(event) { ${react} },
};
`;

export const reactorRows: readonly Row[] = [
  {
    name: 'reactors-misbehave',
    what: 'reactors throw, hang, never let go of the processor, exit: another one gets every event, over a kill of the master',
    options: {
      reactors: [
        bad('throws', "throw new Error('no');"),
        bad('hangs', 'await new Promise(() => {});'),
        bad('exits', 'if ((event.data.data ?? event.data).op % 7 === 0) process.exit(3);'),
        bad('spins', 'if ((event.data.data ?? event.data).op % 11 === 0) for (;;);'),
      ],
    },
    pauseMs: 150,
    async faults(world) {
      await goOn(world, 1_500, 2_500);
      await killMaster(world);
      await goOn(world, 1_500, 2_500);
    },
  },
];
