import { ava } from './ava.mjs';
import { hostTests } from './host-tests.mjs';

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
    { run: ava, files: files.filter((file) => !isHostTest(file)) },
    { run: hostTests, files: files.filter(isHostTest) },
  ].filter((half) => files.length === 0 || half.files.length > 0);
  const results = [];
  for (const half of halves) results.push(await half.run([...options, ...half.files]));
  const total = (key) => results.reduce((all, result) => all + result[key], 0);
  const code = Math.max(...results.map((result) => result.code));
  // A run that broke before its summary has failed, too.
  console.log(`${total('passed')} passed, ${code === 0 ? total('failed') : Math.max(1, total('failed'))} failed`);
  return code;
}
