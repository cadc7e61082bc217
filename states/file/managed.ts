import * as v from 'valibot';
import { defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';
import { contentArgs, hasContent, readContent, templatesOf, type WantedContent } from './content.ts';
import { encodingComplaint } from '../../lib/encoding.ts';
import { holdArgs, planHold, readPlace, type HoldComments, type Place } from './hold.ts';
import { modeText } from './owner.ts';
import { neededSources, sourceComplaint } from '../../lib/sources/managed-source.ts';

type Facts = { readonly problem: string } | { readonly place: Place; readonly wanted?: WantedContent | undefined };

const args = v.strictObject({
  ...holdArgs,
  ...contentArgs,
  mode: v.optional(arg.modeOrKeep),
  replace: arg.flag(true),
  follow_symlinks: arg.flag(true),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, Facts>({
  summary: 'A file has this content, owner and mode.',
  example: `
/etc/motd:
  file.managed:
    - contents: Welcome
    - user: root
    - mode: '0644'
`,
  args,
  reads: ['files', 'accounts'],

  check(given) {
    const from = [given.contents, given.contents_pillar, given.contents_grains].filter((one) => one !== undefined);
    if (given.source && from.length > 0) {
      return "'source' cannot be used in combination with 'contents', 'contents_pillar', or 'contents_grains'";
    }
    if (from.length > 1) return "Only one of 'contents', 'contents_pillar', and 'contents_grains' is permitted";
    if (given.mode === 'keep' && !given.source) return "'mode: keep' needs a source whose mode is kept";
    return sourceComplaint(given) ?? encodingComplaint(given.encoding);
  },

  templates: templatesOf,
  needs: neededSources,

  async read(given, machine) {
    const content = hasContent(given);
    const place = await readPlace(given, machine, { follow: given.follow_symlinks, wantsContent: content });
    if (typeof place === 'string') return { problem: place };
    const replaced = content && (place.there ? given.replace : given.create);
    const keep = given.mode === 'keep';
    const wanted = replaced ? await readContent(given, machine, keep, place.old) : undefined;
    if (typeof wanted === 'string') return { problem: wanted };
    return { place: { ...place, owner: { ...place.owner, mode: keep ? wanted?.sourceMode : modeOf(given) } }, wanted };
  },

  plan(given, facts): Plan {
    if ('problem' in facts) return impossible(facts.problem);
    // What comes out of pillar may be a secret: it is shown only when that is asked for.
    const show = given.show_changes ?? given.contents_pillar === undefined;
    return planHold(given, facts.place, facts.wanted, { comments: commentsOf(given, facts), show });
  },
});

function modeOf({ mode }: Args): number | undefined {
  return mode === 'keep' ? undefined : mode;
}

function commentsOf({ name }: Args, { place, wanted }: Exclude<Facts, { problem: string }>): HoldComments {
  const { there, owner } = place;
  const toMode = !wanted && there && owner.mode !== undefined && owner.mode !== there.mode && owner.mode;
  return {
    planned:
      typeof toMode === 'number'
        ? `File ${name} will be updated with permissions ${modeText(toMode)} from its current state of ${modeText(there?.mode ?? 0)}`
        : `The file ${name} is set to be changed\nNote: No changes made, actual changes may\nbe different due to other states.`,
    right: wanted
      ? `File ${name} is in the correct state`
      : `File ${name} exists with proper permissions. No changes made.`,
    done: `File ${name} updated`,
  };
}
