import { longest, number, refuse, text, whole, type Helpers } from './definition.ts';

const two = { takes: 'two numbers', args: [2, 2] } as const;

function notZero(value: unknown): number {
  const divisor = number(value);
  return divisor === 0 ? refuse('a number to divide by that is not 0') : divisor;
}

/** Halves go away from zero. */
function common(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

const methods: Readonly<Record<string, (value: number) => number>> = { common, ceil: Math.ceil, floor: Math.floor };

function rounded(value: number, digits: number, way: (value: number) => number): number {
  // The exponent is moved as text: 1.005 * 100 is less than 100.5.
  const moved = Number(`${value}e${digits}`);
  return Number.isFinite(moved) ? Number(`${way(moved)}e${-digits}`) : way(value);
}

/** What a text says as a number; undefined when it is none. */
function read(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(found) ? found : undefined;
}

export const arithmetic = (): Helpers => ({
  add: {
    summary: 'The sum of numbers.',
    takes: 'numbers',
    args: [1, 100],
    jinja: 'a + b',
    example: '{{add grains.num_cpus 1}}',
    gives: '5',
    call: (args) => args.reduce((sum: number, value) => sum + number(value), 0),
  },
  sub: {
    summary: 'The first number less the second.',
    ...two,
    jinja: 'a - b',
    example: '{{sub 10 3}}',
    gives: '7',
    call: ([a, b]) => number(a) - number(b),
  },
  mul: {
    summary: 'The product of numbers.',
    takes: 'numbers',
    args: [1, 100],
    jinja: 'a * b',
    example: '{{mul grains.num_cpus 2}}',
    gives: '8',
    call: (args) => args.reduce((product: number, value) => product * number(value), 1),
  },
  div: {
    summary: 'The first number divided by the second; a whole number with `whole=true`.',
    ...two,
    named: ['whole'],
    jinja: 'a / b, a // b',
    example: '{{div 7 2}} {{div 7 2 whole=true}}',
    gives: '3.5 3',
    call: ([a, b], { whole: isWhole }) => {
      const quotient = number(a) / notZero(b);
      return isWhole === true ? Math.floor(quotient) : quotient;
    },
  },
  mod: {
    summary: 'What is left of the first number divided by the second; it has the sign of the second.',
    ...two,
    jinja: 'a % b',
    example: '{{mod 7 3}} {{mod -1 3}}',
    gives: '1 2',
    call: ([a, b]) => {
      const divisor = notZero(b);
      return ((number(a) % divisor) + divisor) % divisor;
    },
  },
  round: {
    summary:
      'A number with so many digits after the point (0); `method` is `common` (halves go away from zero), `ceil` or `floor`.',
    takes: 'a number and how many digits (0 to 15)',
    args: [1, 2],
    named: ['method'],
    jinja: "x | round(2, 'floor')",
    example: '{{round 2.345 1}} {{round 2.1 method="ceil"}}',
    gives: '2.3 3',
    call: ([value, digits = 0], { method = 'common' }) => {
      const name = text(method);
      const way = Object.hasOwn(methods, name) ? methods[name] : undefined;
      const places = whole(digits, 0);
      if (!way || places > 15) refuse();
      return rounded(number(value), places, way);
    },
  },
  abs: {
    summary: 'A number without its sign.',
    takes: 'a number',
    args: [1, 1],
    jinja: 'x | abs',
    example: '{{abs -3}}',
    gives: '3',
    call: ([value]) => Math.abs(number(value)),
  },
  int: {
    summary:
      'A text, number or boolean as a whole number, cut at the point; what stands in for it (0) when it is none.',
    takes: 'a value and a number that stands in for it',
    args: [1, 2],
    jinja: 'x | int(0)',
    example: '{{int "42"}} {{int "x" 7}}',
    gives: '42 7',
    call: ([value, other = 0]) => {
      const found = read(value);
      return found === undefined ? number(other) : Math.trunc(found);
    },
  },
  float: {
    summary: 'A text, number or boolean as a number; what stands in for it (0) when it is none.',
    takes: 'a value and a number that stands in for it',
    args: [1, 2],
    jinja: 'x | float(0)',
    example: '{{float "2.5"}}',
    gives: '2.5',
    call: ([value, other = 0]) => read(value) ?? number(other),
  },
  range: {
    summary: 'Whole numbers from a start (0) up to an end that is not among them.',
    takes: `an end, or a start, an end and a step: whole numbers, the step not 0, the end not included, at most ${longest} of them`,
    args: [1, 3],
    jinja: 'range(1, 10, 2)',
    example: '{{#each (range 1 10 3) as |n|}}{{n}} {{/each}}',
    gives: '1 4 7 ',
    call: (args) => {
      const [start = 0, end = 0] = args.length === 1 ? [0, whole(args[0])] : args.map((value) => whole(value));
      const step = args.length < 3 ? 1 : whole(args[2]);
      const length = step === 0 ? refuse() : Math.max(0, Math.ceil((end - start) / step));
      return length > longest ? refuse() : Array.from({ length }, (_, index) => start + index * step);
    },
  },
});
