import { catalogue } from './error.ts';

export const textErrors = catalogue('TS_TEXT', {
  notUtf8: () => 'this is not UTF-8 text',
});
