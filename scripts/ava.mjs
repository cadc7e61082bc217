import { spawn } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * Runs AVA and shows what it says, as it says it. Gives its exit code, and how many tests (and hooks, and files that broke)
 * its summary counts: `{ code, passed, failed, skipped }`.
 */
export function ava(args) {
  const colour = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {};
  const child = spawn(path.join('node_modules', '.bin', 'ava'), args, {
    stdio: ['inherit', 'pipe', 'inherit'],
    env: { ...process.env, ...colour },
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    said += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, ...counts(stripVTControlCharacters(said)) }));
  });
}

/** The counts in AVA's output: tests passed and skipped by their lines, failures in its summary, which is what comes after its last rule. */
export function counts(output) {
  const failures =
    /^ {2}(\d+) (?:tests? failed|hooks? failed|tests? remained pending|uncaught exceptions?|unhandled rejections?)/gm;
  const summary = output.slice(output.lastIndexOf('\n  ─\n') + 1);
  return {
    passed: [...output.matchAll(/^ {2}[✔√] /gm)].length,
    skipped: [...output.matchAll(/^ {2}- \[(?:skip|todo)\] /gm)].length,
    failed: [...summary.matchAll(failures)].reduce((all, [, number]) => all + Number(number), 0),
  };
}
