import type { TsaltError } from '../errors/error.ts';
import { yamlErrors } from '../errors/yaml.ts';
import { placeAt, type Place } from '../place.ts';
import type { Yaml } from './maps.ts';
import { readSimple, simpleOffsets } from './simple.ts';
import type { Document } from 'yaml';
import { offsetOf, parseWhole, readWhole, type Placer, type Step } from './whole.ts';

export type { Step } from './whole.ts';

/** A YAML file that was read: its data, and where each part of it stands. */
export interface YamlFile {
  readonly data: Yaml;
  /** The mistakes in it; the data is worth nothing then. */
  readonly errors: readonly TsaltError[];
  /** Code made it: the arguments of a state may be a map, too. */
  readonly isMade?: boolean;
  /**
   * Where the thing at `path` (keys and list indices from the top) is written. The first one reads the file anew: for errors only.
   * `what`: the key that leads to it, or the thing itself.
   */
  placeOf(path: readonly Step[], what?: 'key' | 'value'): Place;
}

/** What becomes of a value that is marked `!secret`, which stands there. Raises what is wrong with it. */
export type ReadSecret = (text: string, place: Place) => string;

/** Allowed by YAML: tab, line ends, and what can be printed. */
// oxlint-disable-next-line no-control-regex
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/;

/**
 * Reads YAML as Salt's loader does (`scalar.ts` has the rules). `placer` gives the place of an offset in `text`, where the
 * text was made from another one. Without `secret` no value may be marked as one.
 */
export function loadYaml(
  text: string,
  file: string,
  placer: Placer = (offset) => placeAt(file, text, offset),
  secret?: ReadSecret,
): YamlFile {
  const errors: TsaltError[] = [];
  const bad = control.exec(text);
  if (bad) {
    const code = bad[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    errors.push(yamlErrors.controlCharacter({ code }, { place: placer(bad.index) }));
  }
  const simple = bad ? undefined : readSimple(text);
  const data = simple ? simple.data : bad ? null : readWhole(text, placer, errors, secret);
  let document: Document | undefined;
  let offsets: ReturnType<typeof simpleOffsets> | undefined;
  return {
    data,
    errors,
    placeOf(path, what = 'key') {
      if (simple) offsets ??= simpleOffsets(text);
      return placer(offsets?.(path, what) ?? offsetOf((document ??= parseWhole(text)), path, what));
    },
  };
}

/** The value of one word of a command line, read as YAML; text that is no YAML stays text. */
export function wordToYaml(word: string): Yaml {
  const { data, errors } = loadYaml(word, 'argument');
  return errors.length > 0 ? word : data;
}
