import { catalogue } from './error.ts';

export const scheduleErrors = catalogue('TS_SCHEDULE', {
  badJob: ({ job, option, expected, got }: { job: string; option: string; expected: string; got: string }) =>
    `scheduled job '${job}': ${option ? `'${option}' ` : ''}should be ${expected}, not ${got}`,
  badSetting: ({ option, expected, got }: { option: string; expected: string; got: string }) =>
    `'${option}' of the schedule, which is for all jobs, should be ${expected}, not ${got}`,
  unknownOption: ({ job, option }: { job: string; option: string }) =>
    `scheduled job '${job}': there is no option '${option}'`,
  noEffect: ({ job, option, reason }: { job: string; option: string; reason: string }) =>
    `scheduled job '${job}': '${option}' has no effect here: ${reason}`,
  noTime: ({ job }: { job: string }) =>
    `scheduled job '${job}': say when it runs, with seconds, minutes, hours, days, cron, when or once`,
  twoTimes: ({ job, options }: { job: string; options: string }) =>
    `scheduled job '${job}': only one of an interval, cron, when and once can say when it runs, and there are ${options}`,
  badCron: ({ job, cron, reason }: { job: string; cron: string; reason: string }) =>
    `scheduled job '${job}': ${JSON.stringify(cron)} is not a cron line: ${reason}`,
  badTime: ({ job, option, text, expected }: { job: string; option: string; text: string; expected: string }) =>
    `scheduled job '${job}': ${JSON.stringify(text)} in '${option}' is no ${expected}`,
  unknownReturner: ({ job, returner }: { job: string; returner: string }) =>
    `scheduled job '${job}': the master has no returner '${returner}'`,
  noFunction: ({ job, fun }: { job: string; fun: string }) => `scheduled job '${job}': there is no function '${fun}'`,
  unknownFunction: ({ job, fun }: { job: string; fun: string }) =>
    `scheduled job '${job}': the master has no function '${fun}'; its schedule calls runner functions`,
});
