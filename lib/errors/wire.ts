import { catalogue } from './error.ts';

export const wireErrors = catalogue('TS_WIRE', {
  keyUnreadable: ({ path, reason }: { path: string; reason: string }) => `cannot read the key file ${path}: ${reason}`,
  keyOpen: ({ path, mode }: { path: string; mode: number }) =>
    `the private key ${path} can be read by others (mode 0${mode.toString(8)})`,
  folderOpen: ({ path, mode }: { path: string; mode: number }) =>
    `others can write to ${path}, where private keys are (mode 0${mode.toString(8)})`,
  keyCorrupt: ({ path, expected }: { path: string; expected: string }) => `${path} does not hold ${expected}`,
  keyExists: ({ path }: { path: string }) => `there is a key at ${path} already`,
  keyAlone: ({ path, other }: { path: string; other: string }) => `there is ${path}, but no ${other} beside it`,
  keyWeak: ({ fingerprint }: { fingerprint: string }) => `${fingerprint} is not a usable Ed25519 public key`,
  badMasterKey: ({ reason }: { reason: string }) => `this is not a master_key: ${reason}`,
  badToken: ({ reason }: { reason: string }) => `this is not an enrolment token: ${reason}`,
  unfit: ({ reason }: { reason: string }) => `this data cannot travel: ${reason}`,
  noSession: ({ state }: { state: string }) => `there is no session with the master (${state})`,
  timeout: ({ question, ms }: { question: string; ms: number }) =>
    `the master did not answer '${question}' within ${ms} ms`,
  answered: ({ question, message }: { question: string; message: string }) =>
    `the master answered '${question}' with: ${message}`,
  busy: ({ question, waiting }: { question: string; waiting: number }) =>
    `'${question}' was not asked: ${waiting} questions wait for an answer already`,
  unknownName: ({ name, reason }: { name: string; reason: string }) =>
    `no address was found for the name '${name}' (${reason})`,
  cannotBind: ({ address, reason }: { address: string; reason: string }) => `cannot listen on ${address}: ${reason}`,
});
