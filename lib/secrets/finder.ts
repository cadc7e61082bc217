/** A part of a text, from its first character to behind its last. */
export type Span = readonly [start: number, end: number];

/** So much of a longer form is found by itself: what was cut off before it was looked at. */
const PIECE = 16;
/** Any piece has a whole anchor in it: `EVERY + GRAM - 1` is no more than `PIECE`. */
const EVERY = 8;
const GRAM = 4;
/** Anchors of a form with the same four characters. */
const MOST_ALIKE = 16;

/** Four characters of a form, by which the rest of it is found. */
interface Anchor {
  readonly form: string;
  readonly at: number;
}

/**
 * Finds texts, and pieces of the longer ones, in one pass over a text of any length, however many they are: each four
 * characters of it are looked up in a table.
 */
export class Finder {
  private readonly forms = new Set<string>();
  private readonly anchors = new Map<number, Anchor[]>();
  private readonly isAnchor = new Uint8Array(0x1_00_00);

  /** Texts of four characters and more. */
  add(forms: Iterable<string>): void {
    for (const form of forms) {
      if (this.forms.has(form)) continue;
      this.forms.add(form);
      for (let at = 0; at < form.length - GRAM; at += EVERY) this.addAnchor({ form, at });
      this.addAnchor({ form, at: form.length - GRAM });
    }
  }

  /** Where they stand, in order and without overlaps. */
  find(text: string): readonly Span[] {
    const spans: Span[] = [];
    let covered = 0;
    let hash = 0;
    for (let index = 0; index < text.length; index++) {
      hash = nextHash(hash, text.charCodeAt(index));
      const start = index + 1 - GRAM;
      // What is covered is not looked at again: a text of one letter would take for ever.
      if (this.isAnchor[hash] === 0 || start < 0 || index < covered) continue;
      for (const anchor of this.anchors.get(hash) ?? []) {
        const span = around(text, start, anchor);
        if (!span) continue;
        spans.push(span);
        covered = Math.max(covered, span[1]);
      }
    }
    return joined(spans);
  }

  private addAnchor(anchor: Anchor): void {
    const { form, at } = anchor;
    let hash = 0;
    for (let index = at; index < at + GRAM; index++) hash = nextHash(hash, form.charCodeAt(index));
    this.isAnchor[hash] = 1;
    const known = this.anchors.get(hash) ?? [];
    this.anchors.set(hash, known);
    // A form of one letter: any of them leads to all of it.
    if (known.filter((other) => other.form === form).length < MOST_ALIKE) known.push(anchor);
  }
}

/** Of the last four characters, and of no others: those before them are shifted out. */
function nextHash(hash: number, code: number): number {
  return ((hash << 4) ^ code) & 0xff_ff;
}

/** As much of the anchor's form as stands around it; nothing where that is too little of it. */
function around(text: string, start: number, { form, at }: Anchor): Span | undefined {
  let end = 0;
  while (at + end < form.length && text.charCodeAt(start + end) === form.charCodeAt(at + end)) end++;
  if (end < GRAM) return undefined;
  let before = 0;
  while (before < at && text.charCodeAt(start - before - 1) === form.charCodeAt(at - before - 1)) before++;
  const length = before + end;
  return length === form.length || length >= PIECE ? [start - before, start + end] : undefined;
}

function joined(spans: readonly Span[]): readonly Span[] {
  const sorted = spans.toSorted(([a], [b]) => a - b);
  const all: [number, number][] = [];
  for (const [start, end] of sorted) {
    const last = all.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else all.push([start, end]);
  }
  return all;
}
