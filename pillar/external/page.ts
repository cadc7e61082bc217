import * as v from 'valibot';
import type { ExtPillarContext } from '../../lib/contracts/ext-pillar.ts';
import { lookUp } from '../../lib/look-up.ts';

const address = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text.replaceAll('%s', 'id')),
    'an address such as https://inventory.example.com/%s',
  ),
);

/** What is asked of a web server: an address alone, or more about it. */
export const page = v.union(
  [
    v.pipe(
      address,
      v.transform((url): { url: string; with_grains?: string[] } => ({ url })),
    ),
    v.strictObject({ url: address, with_grains: v.optional(v.array(v.string())) }),
  ],
  'an address, or a map with `url` and `with_grains`',
);

/** What the server answers. Raises `TS_DOWNLOAD_...`. */
export async function textOf(
  { url, with_grains: names = [] }: v.InferOutput<typeof page>,
  { id, grains, downloads }: ExtPillarContext,
): Promise<string> {
  const asked = new URL(url.replaceAll('%s', () => encodeURIComponent(id)));
  for (const name of names) {
    const value = lookUp(grains, name);
    if (value !== undefined) asked.searchParams.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const answer = await downloads.get(asked.href);
  return answer === 'unchanged' ? '' : answer.content.toString('utf8');
}
