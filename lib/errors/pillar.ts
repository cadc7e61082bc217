import { catalogue } from './error.ts';

export const pillarErrors = catalogue('TS_PILLAR', {
  noExtPillar: ({ name }: { name: string }) => `there is no ext_pillar '${name}'`,
  badArguments: ({ name, complaint }: { name: string; complaint: string }) => `ext_pillar ${name}: ${complaint}`,
  noTime: ({ name }: { name: string }) =>
    `ext_pillar ${name} was not asked: those before it took all the time that a pillar has`,
  failed: ({ name, reason }: { name: string; reason: string }) => `ext_pillar ${name}: ${reason}`,
});
