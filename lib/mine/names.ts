import type { MineAnswer } from '../contracts/mine.ts';
import { asText, type Json, type JsonMap } from '../json.ts';

/** Which entries `mine.get` asks for. */
export interface AskedNames {
  readonly all: readonly string[];
  /** The answer is by entry, too. */
  readonly isMany: boolean;
}

/** As Salt has it: a name; several with commas, or a list (also of one), whose answer is by name, too. */
export function namesOf(fun: Json | undefined): AskedNames {
  if (Array.isArray(fun)) return { all: fun.map(asText), isMany: true };
  const all = [
    ...new Set(
      asText(fun)
        .split(',')
        .map((name) => name.trim()),
    ),
  ];
  return { all, isMany: all.length > 1 };
}

export function answerShape(answer: MineAnswer, { all, isMany }: AskedNames): JsonMap {
  const [name = ''] = all;
  if (isMany) return answer;
  return Object.hasOwn(answer, name) ? (answer[name] ?? {}) : {};
}

/** Puts an answer together. Names are anybody's, such as `constructor`: they are never looked up in an object. */
export function gathering() {
  const byName = new Map<string, Map<string, Json>>();
  return {
    add(name: string, id: string, value: Json): void {
      const values = byName.get(name) ?? new Map<string, Json>();
      byName.set(name, values.set(id, value));
    },
    answer: (): MineAnswer =>
      Object.fromEntries([...byName].map(([name, values]) => [name, Object.fromEntries(values)])),
  };
}
