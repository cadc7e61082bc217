import * as v from 'valibot';
import type { Json } from '../../lib/json.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { findBlock, findSetting, readConf, settingOf, type ConfFile } from './conf.ts';

const word = v.pipe(
  v.union([v.string(), v.number()], 'text'),
  v.transform(String),
  v.regex(/^[^\s{}#][^\r\n{}\0]*$/, 'one line without braces'),
);
const setting = v.union([word, v.boolean()]);

const args = v.strictObject({
  name: v.string(),
  /** A command, or the log file of a block. */
  key: word,
  /** Of the command; or a command of the block. */
  value: setting,
  /** Of the block's command. */
  setting: v.optional(setting),
  conf_file: v.optional(v.pipe(v.string(), v.startsWith('/', 'an absolute path')), '/etc/logrotate.conf'),
});

export default defineState<typeof args, readonly ConfFile[]>({
  summary: 'logrotate does this with all log files, or with the files of a block.',
  example: `
keep wtmp for long:
  logrotate.set:
    - key: /var/log/wtmp
    - value: rotate
    - setting: 12
`,
  args,
  reads: ['files'],
  check: ({ value, setting: inner }) =>
    inner !== undefined && typeof value === 'boolean' ? "with 'setting', 'value' is the name of a command" : undefined,
  read: ({ conf_file: path }, { files }) => readConf(files, path),

  plan({ key, value, setting: inner, conf_file: path }, files) {
    const inBlock = inner !== undefined;
    const block = findBlock(files, key);
    if (!inBlock && block) return impossible(`${key} is a block in ${block.file}: 'setting' is needed, too`);
    const command = inBlock ? String(value) : key;
    const wanted = inBlock ? inner : value;
    if (block && block.at === block.end)
      return impossible(`The block of ${key} in ${block.file} is all on one line: spread it out`);
    const outside = files.find((file) => !inBlock && findSetting(file, key) !== -1);
    const where = block?.file ?? outside?.path ?? path;
    const file = files.find((one) => one.path === where) ?? { path, lines: [] };
    const at = inBlock && !block ? -1 : findSetting(file, command, block);
    const line = file.lines[at];
    const old: Json = line === undefined ? false : settingOf(line);
    const what = inBlock ? `Block '${key}' command '${command}'` : `Command '${command}'`;
    if (String(old) === String(wanted)) return alreadyRight(`${what} already has value: ${wanted}`);
    const text = wanted === true ? command : `${command} ${String(wanted)}`;
    const lines =
      wanted === false ? file.lines.toSpliced(at, 1) : withLine(file, text, { key, at, inBlock, end: block?.end });
    return {
      changes: { old, new: wanted },
      comment: `${what} will be set to value: ${wanted}`,
      done: inBlock
        ? `Set block '${key}' command '${command}' value: ${wanted}`
        : `Set command '${command}' value: ${wanted}`,
      steps: [{ do: 'write', path: file.path, content: Buffer.from(lines.map((one) => `${one}\n`).join('')) }],
    };
  },
});

interface Where {
  readonly key: string;
  readonly at: number;
  readonly inBlock: boolean;
  readonly end: number | undefined;
}

function withLine({ lines }: ConfFile, text: string, { key, at, inBlock, end }: Where): readonly string[] {
  const indent = /^\s*/.exec(lines[at] ?? '')?.[0] ?? '';
  if (at !== -1) return lines.with(at, `${indent}${text}`);
  if (!inBlock) return [text, ...lines];
  // A new block, or the last line of one.
  return end === undefined ? [...lines, `${key} {`, `    ${text}`, '}'] : lines.toSpliced(end, 0, `    ${text}`);
}
