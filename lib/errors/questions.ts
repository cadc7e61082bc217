import { catalogue } from './error.ts';

export const questionErrors = catalogue('TS_QUESTION', {
  unknown: ({ question }: { question: string }) => `a minion can't ask ${JSON.stringify(question.slice(0, 40))}`,
});
