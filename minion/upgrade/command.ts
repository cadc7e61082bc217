import { execFile } from 'node:child_process';

export interface Ended {
  readonly ok: boolean;
  readonly stdout: string;
  /** What it said, for a person: the last lines of its output. */
  readonly said: string;
}

/** Runs a program to its end, whatever comes of it. */
export function command(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: 1 << 20, encoding: 'utf8', ...(signal && { signal }) } as const;
    execFile(file, [...args], options, (error, stdout, stderr) => {
      const said = `${stderr}`.trim() || `${stdout}`.trim() || (error?.message ?? '');
      resolve({ ok: error === null, stdout: `${stdout}`, said: said.split('\n').slice(-5).join('\n').slice(-1000) });
    });
  });
}
