import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import { aptSources } from './apt-sources.ts';
import { must } from './command.ts';
import { furnish, furniture } from './furniture.ts';
import { withLock } from './waiting.ts';

export interface ImageRecipe {
  /** Debian's name of the release. */
  readonly suite: string;
  /** What is installed besides Debian's essential packages and apt. */
  readonly packages: readonly string[];
}

export const debian12: ImageRecipe = {
  suite: 'bookworm',
  packages: [
    'ca-certificates',
    'cloud-init',
    'dbus',
    'iproute2',
    'iputils-ping',
    'procps',
    'systemd',
    'systemd-sysv',
    'tzdata',
  ],
};

// Nobody reads these on a machine that lives for minutes; without them it is built faster and smaller.
const unwanted = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*', '/usr/share/info/*'];

export interface ImageStore {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The root file system that machines share and never write to, built with mmdebstrap unless it is there already. It is named
 * after all that goes into it, so that another recipe makes another image. Several processes may ask at once: one builds.
 */
export async function ensureImage(recipe: ImageRecipe, store: ImageStore): Promise<string> {
  const sources = await aptSources(recipe.suite);
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, sources, unwanted, furniture]))
    .digest('hex');
  const image = path.join(store.directory, `image-${hash.slice(0, 12)}`);
  if (existsSync(image)) return image;
  mkdirSync(store.directory, { recursive: true });
  return withLock(store.clock, path.join(store.directory, 'image.lock'), 'building an image', async () => {
    if (!existsSync(image)) await build(recipe, sources, image, store);
    return image;
  });
}

async function build(recipe: ImageRecipe, sources: readonly string[], image: string, store: ImageStore): Promise<void> {
  const started = store.clock.monotonic();
  store.log('info', 'building the image of the machines', { image });
  for (const name of readdirSync(store.directory))
    if (name.startsWith('unfinished-')) rmSync(path.join(store.directory, name), { recursive: true, force: true });
  const unfinished = path.join(store.directory, `unfinished-${process.pid}`);
  await must(
    [
      // It ends with us, and its mounts with it.
      ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', '--dpkgopt=force-unsafe-io'],
      unwanted.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      `--include=${recipe.packages.join(',')}`,
      [recipe.suite, unfinished],
      sources,
    ].flat(),
  );
  furnish(unfinished);
  renameSync(unfinished, image);
  store.log('info', 'built the image', { seconds: Math.round((store.clock.monotonic() - started) / 1000) });
}
