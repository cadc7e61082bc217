import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';

/* Arguments that several functions of git take. */

/** A revision, a branch or a remote, as git-check-ref-format(1) allows it, and nothing that is read as an option. */
export const refName = v.pipe(
  v.union([v.string(), v.number()], 'text'),
  v.transform(String),
  v.regex(/^(?!-)(?!.*\.\.)[^\s~^:?*[\\]+$/, 'the name of a branch, a tag or a commit'),
);

export const repository = arg.operand;

/** How a repository that is elsewhere is reached. */
export const access = {
  user: v.optional(arg.account),
  identity: v.optional(
    v.pipe(
      arg.textList,
      v.array(
        v.pipe(v.string(), v.regex(/^\/[^'\n\0]*$/, 'the absolute path of a key on this machine, without a quote')),
      ),
    ),
  ),
  https_user: v.optional(v.string()),
  https_pass: v.optional(v.string()),
};

const accessSchema = v.object(access);
export type Access = v.InferOutput<typeof accessSchema>;

export function checkAccess(name: string, { https_user: user, https_pass: password }: Access): string | undefined {
  if (user === undefined && password === undefined) return undefined;
  return name.startsWith('https://')
    ? undefined
    : `'https_user' and 'https_pass' are for https:// alone, not for ${name}`;
}
