import * as v from 'valibot';
import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { availableModules, listedModule } from '../../lib/system/kernel-modules.ts';
import { checkModules, moduleArgs, readModules, some, withLoaded, writeList, type ModuleFacts } from './modules.ts';

const args = v.strictObject(moduleArgs);

interface Facts extends ModuleFacts {
  readonly problem?: string | undefined;
  readonly available: ReadonlyMap<string, readonly string[]>;
}

export default defineState<typeof args, Facts>({
  summary: 'A module of the kernel is loaded; with `persist` also at each start.',
  example: `
br_netfilter:
  kmod.present:
    - persist: True
`,
  args,
  reads: ['files'],
  check: checkModules,

  read(given, { files }) {
    const facts = readModules(given, files);
    // The list is long: it is read when something has to be loaded.
    const needed = facts.running && facts.wanted.some(({ name, builtIn }) => !builtIn && !facts.loaded.has(name));
    const problem = needed ? lacking(files, 'modprobe', 'Loading modules', 'kmod') : undefined;
    return { ...facts, problem, available: needed ? availableModules(files) : new Map() };
  },

  plan({ persist }, { problem, wanted, running, loaded, list, available }) {
    const isListed = (name: string): boolean => list.lines.some((line) => listedModule(line) === name);
    const absent = wanted.filter(({ name, builtIn }) => !builtIn && !loaded.has(name));
    if (!running && !persist && absent.length > 0) {
      return impossible(
        `No module can be loaded: no kernel that loads modules runs here. 'persist: True' notes them for the next start`,
      );
    }
    const missing = running ? absent : [];
    const unlisted = persist ? wanted.filter(({ name }) => !isListed(name)) : [];
    const todo = wanted.filter((one) => missing.includes(one) || unlisted.includes(one)).map(({ name }) => name);
    const fine = wanted.map(({ name }) => name).filter((name) => !todo.includes(name));
    const right = fine.length > 0 ? [some(fine, (verb) => `${verb} already present`)] : [];
    if (todo.length === 0) return alreadyRight(right.join('\n'));
    if (problem !== undefined) return impossible(problem);
    const unavailable = missing.map(({ name }) => name).filter((name) => !available.has(name));
    if (unavailable.length > 0)
      return impossible([...right, some(unavailable, (verb) => `${verb} unavailable`)].join('\n'));

    const now = new Map(loaded);
    const steps: Step[] = [];
    const changes: Record<string, string> = {};
    for (const { text, name } of missing) {
      // Another one may have brought it along.
      if (now.has(name) && !text.includes(' ')) continue;
      for (const one of [...(available.get(name) ?? []), name]) {
        if (now.has(one)) continue;
        now.set(one, { name: one, size: 0, uses: 0, users: [] });
        changes[one] = 'loaded';
      }
      steps.push(withLoaded(['modprobe', '--', ...text.split(/ +/)], now.values()));
    }
    if (unlisted.length > 0) {
      let { lines } = list;
      for (const { text, name } of unlisted) {
        // Salt calls that loaded, too, though nothing is.
        changes[name] ??= `added to ${list.path}`;
        const commented = lines.findIndex((line) => line.replace(/^#\s*/, '').trim() === text);
        lines = commented === -1 ? [...lines, text] : lines.with(commented, text);
      }
      steps.push(writeList(list, lines));
    }
    const loads = missing.map(({ name }) => name);
    const notes = unlisted.map(({ name }) => name);
    return {
      changes,
      comment: [
        ...right,
        ...(loads.length > 0 ? [some(loads, (verb) => `${verb} set to be loaded`)] : []),
        ...(notes.length > 0 ? [some(notes, (verb) => `${verb} set to be added to ${list.path}`)] : []),
      ].join('\n'),
      done: [
        ...right,
        ...(loads.length > 0 ? [`Loaded kernel module${loads.length === 1 ? '' : 's'} ${loads.join(', ')}`] : []),
        ...(notes.length > 0 ? [some(notes, () => `added to ${list.path}`)] : []),
      ].join('\n'),
      steps,
    };
  },
});
