import path from 'node:path';
import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { findProgram } from '../../lib/programs.ts';
import { textOf } from '../../lib/text.ts';
import { sections, textOfSections } from './unit-text.ts';

/* What the functions of `systemd` have in common: files below /etc/systemd/system. */

export const folder = '/etc/systemd/system';

const map = v.record(v.string(), v.unknown());

/** Where a unit file's text comes from: one of the three. */
export const textArgs = {
  contents: v.optional(v.string()),
  sections: v.optional(sections),
  source: v.optional(v.string()),
  template: v.optional(v.literal('handlebars', 'handlebars')),
  context: v.optional(map),
  defaults: v.optional(map),
};

const textSchema = v.strictObject(textArgs);
export type TextArgs = v.InferOutput<typeof textSchema>;

export function checkText({ contents, sections: given, source, template }: TextArgs): string | undefined {
  const said = [contents, given, source].filter((one) => one !== undefined).length;
  if (said !== 1) return 'one of contents, sections and source is expected';
  if (source !== undefined && !source.startsWith('salt://'))
    return `source ${source} is not supported: a path of the state tree (salt://...) is expected`;
  return template !== undefined && source === undefined ? 'template goes with source' : undefined;
}

export function sourcesOf({ source }: TextArgs): readonly string[] {
  return source === undefined ? [] : [source];
}

/** The text that is wanted, with a line end. */
export async function wantedText(given: TextArgs, machine: Reading): Promise<string> {
  const { contents, sections: parts, source, template } = given;
  if (parts !== undefined) return textOfSections(parts);
  if (source === undefined) return (contents ?? '').replace(/\n*$/, '\n');
  const text = textOf(await machine.sources.read(source), source);
  // Both come out of YAML: they are plain data.
  const context = { ...given.defaults, ...given.context } as JsonMap;
  return template === undefined ? text : machine.render(text, source, context);
}

/** How systemd can be asked and told here. */
export interface SystemdFacts {
  /** It is running, so it has to read what changed. */
  readonly isRunning: boolean;
  /** The command that judges a unit file whose path comes last; undefined where there is none. */
  readonly verify: readonly string[] | undefined;
}

export function readSystemd({ files, services, grains }: Reading): SystemdFacts {
  const isRunning = services.notRunning === undefined && services.unavailable === undefined;
  const { systemd } = grains;
  const version = isMap(systemd) ? Number(systemd['version']) : Number.NaN;
  // Without it warnings, such as of a setting that does not exist, are no failure.
  const strict = version >= 250 ? ['--recursive-errors=no'] : [];
  const verify = ['systemd-analyze', 'verify', '--man=no', ...strict, '--'];
  return { isRunning, verify: isRunning && findProgram(files, 'systemd-analyze') !== undefined ? verify : undefined };
}

/** What a file holds; undefined when there is none. */
export function currentText({ files }: Reading, place: string): string | undefined {
  return files.follow(place)?.kind === 'file' ? files.read(place).toString('utf8') : undefined;
}

/** The steps that judge a unit file's text before anything is written. */
export function verifySteps({ verify }: SystemdFacts, name: string, text: string): Step[] {
  if (verify === undefined) return [];
  return [{ do: 'run', command: { argv: verify, script: Buffer.from(text), scriptFile: { name } }, must: true }];
}

export function writeSteps(place: string, text: string, hasFolder: boolean): Step[] {
  const inFolder = path.dirname(place);
  return [
    ...(hasFolder ? [] : [{ do: 'mkdir', path: inFolder, mode: 0o755, parents: true } as const]),
    { do: 'write', path: place, content: Buffer.from(text), mode: 0o644 },
  ];
}

export function reloadSteps({ isRunning }: SystemdFacts): Step[] {
  return isRunning ? [{ do: 'run', command: { argv: ['systemctl', 'daemon-reload'] }, must: true }] : [];
}

/** A unit's name with its kind, as systemd.unit(5) allows it. */
export const unitName = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\@-]*\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/,
    'the name of a unit with its kind, such as app.service',
  ),
  v.maxLength(255),
);
