import test, { type Implementation } from 'ava';

/** A test that needs something of the machine; where that is missing it is skipped, and its title says for want of what. */
export function needing(what: string, isThere: boolean): (title: string, body: Implementation<[]>) => void {
  return isThere ? (title, body) => test(title, body) : (title, body) => test.skip(`${title} (needs ${what})`, body);
}
