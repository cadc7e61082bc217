import type { FileStep, FileView } from '../../../lib/contracts/machine.ts';

export type ChangeableFiles = FileView & { perform(step: FileStep): void };

const policy = '/usr/sbin/policy-rc.d';

/** Debian's maintainer scripts ask this program whether they may start a service; 101 is no (invoke-rc.d(8)). */
export async function withoutServices<T>(files: ChangeableFiles, work: () => Promise<T>): Promise<T> {
  if (files.look(policy)) return work();
  files.perform({ do: 'write', path: policy, content: Buffer.from('#!/bin/sh\nexit 101\n'), mode: 0o755 });
  try {
    return await work();
  } finally {
    files.perform({ do: 'remove', path: policy });
  }
}
