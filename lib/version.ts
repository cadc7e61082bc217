/** tsalt's own version: that of package.json, which need not be there. */
export const version = '0.1.0';

/**
 * The oldest version of minions that a master of this one works with: the one before it, for as long as the recorded frames
 * of that one are taken (test/wire/recorded.test.ts).
 */
export const oldestMinion = '0.1.0';
