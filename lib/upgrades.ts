/** The function that makes another version of tsalt of a minion. */
export const UPDATE = 'saltutil.update';
