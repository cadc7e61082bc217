import { catalogue } from './error.ts';

export const scheduleErrors = catalogue('TS_SCHEDULE', {
  badJob: ({ job, option, expected, got }: { job: string; option: string; expected: string; got: string }) =>
    `scheduled job '${job}': ${option ? `'${option}' ` : ''}should be ${expected}, not ${got}`,
  unknownOption: ({ job, option }: { job: string; option: string }) =>
    `scheduled job '${job}': there is no option '${option}'`,
  notInTsalt: ({ job, option }: { job: string; option: string }) =>
    `scheduled job '${job}': Salt has '${option}', tsalt does not; the job would run at other times than meant, so it does not run`,
  noEffect: ({ job, option }: { job: string; option: string }) =>
    `scheduled job '${job}': Salt has '${option}', tsalt does not: it has no effect`,
  noTime: ({ job }: { job: string }) =>
    `scheduled job '${job}': say when it runs, with seconds, minutes, hours, days or cron`,
  twoTimes: ({ job }: { job: string }) => `scheduled job '${job}': cron and an interval can't both say when it runs`,
  badCron: ({ job, cron, reason }: { job: string; cron: string; reason: string }) =>
    `scheduled job '${job}': ${JSON.stringify(cron)} is not a cron line: ${reason}`,
});
