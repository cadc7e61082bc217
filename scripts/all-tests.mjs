import { ava } from './ava.mjs';
import { hostTests, reasonToSkip } from './host-tests.mjs';

const isHostTest = (arg) => arg.startsWith('test/host/');
const isFile = (arg) => arg.startsWith('test/');

/**
 * Runs every test, or those in the files named, and ends with one line that counts them. Gives the exit code. A failure in
 * the first half does not keep the second from being run: one run shows all that is wrong.
 */
export async function allTests(args) {
  const options = args.filter((arg) => !isFile(arg));
  const files = args.filter(isFile);
  const halves = [
    { run: unitTests, files: files.filter((file) => !isHostTest(file)) },
    { run: hostTests, files: files.filter(isHostTest) },
  ].filter((half) => files.length === 0 || half.files.length > 0);
  const results = [];
  for (const half of halves) results.push(await half.run([...options, ...half.files]));
  const total = (key) => results.reduce((all, result) => all + result[key], 0);
  const broken = Math.max(...results.map((result) => result.code));
  // A run that broke before its summary has failed, too.
  let [failed, skipped] = [broken === 0 ? 0 : Math.max(1, total('failed')), total('skipped')];
  if (skipped > 0 && reasonToSkip() === undefined) {
    console.log('On Debian as root everything that tests need can be had: a skipped test is a failure.');
    [failed, skipped] = [failed + skipped, 0];
  }
  console.log(`${total('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : Math.max(1, broken);
}

function unitTests(args) {
  if (!process.env.SALT_CALL) console.log('\nNo SALT_CALL: answers are compared with recorded ones of Salt only.');
  return ava(args);
}
