import type { Redactor } from './redactor.ts';

/** What ends this process unforeseen is told without secrets. */
export function crashWithout(secrets: Redactor): void {
  process.on('uncaughtException', (thrown) => {
    const shown: unknown = secrets.error(thrown);
    process.stderr.write(`${shown instanceof Error ? (shown.stack ?? shown.message) : secrets.text(String(shown))}\n`);
    process.exit(1);
  });
}
