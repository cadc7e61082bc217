import { alreadyRight, impossible, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { keyLineText, parseKeyLine } from '../../lib/system/ssh-keys.ts';
import { findKey, writeKeys, type KeyFacts } from './keys.ts';

/** The plan that all keys are in the file, and with `only` no others. */
export function planKeys({ problem, keys, file }: KeyFacts, only: boolean): Plan {
  if (problem !== undefined || !file) return impossible(problem ?? 'nobody knows the file of the keys');
  const { name: user, home } = file.user;
  if (file.homeless) return impossible(`Failed to add the ssh key. The home directory ${home} is not available`);
  let { lines } = file;
  const changes: JsonMap = {};
  const planned: string[] = [];
  const done: string[] = [];
  if (only) {
    const wanted = new Set(keys.map(({ key }) => key));
    lines = lines.filter((line) => {
      const key = parseKeyLine(line)?.key;
      if (key === undefined || wanted.has(key)) return true;
      changes[key] = 'Removed';
      planned.push(`${key} Key set for removal`);
      done.push(`${key} Key removed`);
      return false;
    });
  }
  for (const key of keys) {
    const text = keyLineText(key);
    const at = findKey(lines, key);
    const found = parseKeyLine(lines[at] ?? '');
    if (found && keyLineText(found) === text) {
      const same = `The authorized host key ${key.key} is already present for user ${user}`;
      planned.push(same);
      done.push(same);
    } else if (found) {
      lines = lines.with(at, text);
      changes[key.key] = 'Updated';
      planned.push(`Key ${key.key} for user ${user} is set to be updated`);
      done.push(`The authorized host key ${key.key} for user ${user} was updated`);
    } else {
      lines = [...lines, text];
      changes[key.key] = 'New';
      planned.push(`Key ${key.key} for user ${user} is set to be added`);
      done.push(`The authorized host key ${key.key} for user ${user} was added`);
    }
  }
  if (Object.keys(changes).length === 0) return alreadyRight(planned.join('\n'));
  return { changes, comment: planned.join('\n'), done: done.join('\n'), steps: writeKeys(file, lines) };
}
