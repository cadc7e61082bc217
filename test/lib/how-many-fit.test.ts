import test from 'ava';
import { howManyFit } from '../../lib/how-many-fit.ts';

const fit = (sizes: number[], most: number): number => howManyFit(sizes, most, (size) => size);

test('how many fit: up to the bound and not beyond, but one at least', (t) => {
  t.is(fit([], 10), 0);
  t.is(fit([5, 5], 10), 2);
  t.is(fit([5, 5, 1], 10), 2);
  t.is(fit([11, 1], 10), 1);
});
