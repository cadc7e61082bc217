import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { insteadOf } from '../lib/config/salt-options.ts';
import { nearest } from '../lib/nearest.ts';

export interface Option {
  /** One letter, for `-x`. */
  readonly short?: string;
  /** Another long name that is taken, too. */
  readonly also?: string;
  /** What its value is, for `--help` (`DIR`); an option without is a switch. */
  readonly value?: string;
  /** Given again, it adds to the list. */
  readonly many?: boolean;
  readonly help: string;
}

type ValueOf<O extends Option> = O extends { value: string }
  ? O extends { many: true }
    ? readonly string[] | undefined
    : string | undefined
  : true | undefined;

/** What was on the command line: options by their long names, and the other words in order. */
export interface Parsed<Options extends Record<string, Option>> {
  readonly options: { readonly [K in keyof Options]?: ValueOf<Options[K]> };
  readonly words: readonly string[];
  /** `--help` was among them. */
  readonly help: boolean;
}

/**
 * Reads `--long value`, `--long=value`, `-s value`, `-svalue` and switches anywhere among the words, up to `--`. Raises
 * `TS_CLI_UNKNOWN_OPTION` (with the nearest name) and its kin. With `stopAtWord`, all from the first word on are words. `absent` has what
 * to do in place of options that Salt has and the verb has not.
 */
export function parseOptions<const Options extends Record<string, Option>>(
  verb: string,
  known: Options,
  argv: readonly string[],
  {
    stopAtWord = false,
    absent = {},
  }: { readonly stopAtWord?: boolean; readonly absent?: Readonly<Record<string, string>> } = {},
): Parsed<Options> {
  const found: Record<string, string | true | string[]> = {};
  const words: string[] = [];
  let help = false;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') return parsed(words.concat(argv.slice(index + 1)));
    if (word === '--help' || word === '-h') {
      help = true;
      continue;
    }
    // A negative number is an argument.
    if (!word.startsWith('-') || word === '-' || /^-\d/.test(word)) {
      words.push(word);
      if (stopAtWord) return parsed(words.concat(argv.slice(index + 1)));
      continue;
    }
    const [name, attached] = split(word);
    const option = known[name];
    if (option === undefined) {
      const near = nearest(name, Object.keys(known));
      const hint =
        (Object.hasOwn(absent, name) ? absent[name] : undefined) ??
        didYouMean(near && `--${near}`) ??
        (/^return(?:_|$)/.test(name) ? insteadOf('return') : undefined);
      throw cliErrors.unknownOption({ verb, option: word }, { hint });
    }
    if (option.value === undefined) {
      if (attached !== undefined) throw cliErrors.optionTakesNoValue({ option: `--${name}` });
      found[name] = true;
      continue;
    }
    const value = attached ?? argv[++index];
    if (value === undefined) throw cliErrors.optionNeedsValue({ option: `--${name} ${option.value}` });
    if (option.many === true) {
      const list = found[name];
      if (Array.isArray(list)) list.push(value);
      else found[name] = [value];
    } else found[name] = value;
  }
  return parsed(words);

  function parsed(all: string[]): Parsed<Options> {
    // The loop stored for each name what its option says: the types are those of `ValueOf`.
    return { options: found as Parsed<Options>['options'], words: all, help };
  }

  /** The option's long name, and the value that is attached to it. */
  function split(word: string): [string, string | undefined] {
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
      const long = Object.keys(known).find((one) => known[one]?.also === name);
      return [long ?? name, equals < 0 ? undefined : word.slice(equals + 1)];
    }
    const long = Object.keys(known).find((name) => known[name]?.short === word[1]);
    return [long ?? word.slice(1), word.length > 2 ? word.slice(2) : undefined];
  }
}

/** The lines of `--help` that list options. */
export function describeOptions(options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(options).map(([name, { short, also, value, help }]) => [
    `  ${short === undefined ? '    ' : `-${short}, `}--${name}${also === undefined ? '' : `, --${also}`}${value === undefined ? '' : ` ${value}`}`,
    help,
  ]);
  const width = Math.max(...rows.map(([left = '']) => left.length)) + 2;
  return rows.map(([left = '', right = '']) => `${left.padEnd(width)}${right}\n`).join('');
}
