/** Milliseconds of the processor that this process has used: what a busy machine doesn't make longer. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
