import { catalogue } from './error.ts';

export const serviceErrors = catalogue('TS_SERVICES', {
  notRunning: ({ reason }: { reason: string }) => reason,
  unavailable: ({ reason }: { reason: string }) => `services can't be managed here: ${reason}`,
  listFailed: ({ reason }: { reason: string }) => `systemctl could not list the units: ${reason}`,
  failed: ({ unit, verb, reason }: { unit: string; verb: string; reason: string }) =>
    `Service ${unit} failed to ${verb}: ${reason}`,
});
