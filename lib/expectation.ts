import type { Expectation, QueryStep } from './contracts/machine.ts';

export function meets(text: string, expected: Expectation | undefined): boolean {
  if (!expected) return true;
  if ('pattern' in expected) return new RegExp(expected.pattern).test(text);
  return expected.oneOf.some((one) => (expected.whole ? text === one : text.includes(one)));
}

/** Whether an answer is what a query waits for. */
export function isExpected(
  { status, text }: { readonly status: number | undefined; readonly text: string },
  { expected }: Pick<QueryStep, 'expected'>,
): boolean {
  return status !== undefined && meets(String(status), expected.status) && meets(text, expected.text);
}
