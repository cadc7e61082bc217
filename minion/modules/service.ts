import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import type { ServiceFacts, ServiceStep } from '../../lib/contracts/machine.ts';

const args = v.strictObject({ name: v.string() });

const asking = (summary: string, answer: (facts: ServiceFacts) => boolean) =>
  defineFunction({ summary, args, run: async ({ name }, { machine }) => answer(await machine.services.look(name)) });

const doing = (action: ServiceStep['action'], summary: string) =>
  defineFunction({
    summary,
    args,
    async run({ name }, { machine }) {
      await machine.perform({ do: 'service', unit: name, action });
      return true;
    },
  });

export default defineModule({
  status: asking('Whether a service runs.', ({ running }) => running),
  available: asking('Whether there is a service of that name.', ({ exists }) => exists),
  missing: asking('Whether there is no service of that name.', ({ exists }) => !exists),
  // As `systemctl is-enabled` counts: what is static needs no enabling.
  enabled: asking('Whether a service starts with the machine.', (facts) => facts.enabled || facts.static),
  disabled: asking('Whether a service does not start with the machine.', (facts) => !facts.enabled && !facts.static),
  masked: asking('Whether a service is kept from being started at all.', ({ masked }) => masked),

  start: doing('start', 'Starts a service, and looks whether it stays up.'),
  stop: doing('stop', 'Stops a service.'),
  restart: doing('restart', 'Stops and starts a service.'),
  reload: doing('reload', 'Has a service read its configuration again.'),
  enable: doing('enable', 'Has a service start with the machine.'),
  disable: doing('disable', 'Keeps a service from starting with the machine.'),
  mask: doing('mask', 'Keeps a service from being started at all.'),
  unmask: doing('unmask', 'Takes the mask off a service.'),

  get_all: defineFunction({
    summary: 'The names of all units; services without their suffix.',
    args: v.strictObject({}),
    run: async (_, { machine }) => (await machine.services.names()).map((name) => name.replace(/\.service$/, '')),
  }),
});
