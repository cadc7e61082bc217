import { catalogue } from './error.ts';
import { isMap } from '../json.ts';

export const returnerErrors = catalogue('TS_RETURNER', {
  unknownKind: ({ name, kind }: { name: string; kind: string }) => `returner '${name}': there is no kind '${kind}'`,
  badSettings: ({ name, complaint }: { name: string; complaint: string }) => `returner '${name}': ${complaint}`,
  noSuchFile: ({ name, file }: { name: string; file: string }) => `returner '${name}': there is no file ${file}`,
  notInTree: ({ kind }: { kind: string }) => `there is no '${kind}' in _returners of the state tree`,
  badCode: ({ file, why }: { file: string; why: string }) => `the returner ${file} does not load: ${why}`,
  noSecret: ({ file, why }: { file: string; why: string }) => `the secret in ${file} can't be read: ${why}`,
  fileTaken: ({ file }: { file: string }) => `another returner writes to ${file}`,
  unreachable: ({ where, why }: { where: string; why: string }) => `${where} can't be reached: ${why}`,
  badAnswer: ({ where, answer }: { where: string; answer: string }) => `${where} answered ${answer}`,
  refused: ({ where, answer }: { where: string; answer: string }) => `${where} refuses it: ${answer}`,
  tooSlow: ({ seconds }: { seconds: number }) => `it was not done after ${seconds} s`,
  failed: ({ why }: { why: string }) => why,
});

/** Whether the far side will never take what was sent: an error of ours that says so, or `refused: true` in anybody else's. */
export function isRefusal(error: unknown): boolean {
  return isMap(error) && (error['code'] === 'TS_RETURNER_REFUSED' || error['refused'] === true);
}
