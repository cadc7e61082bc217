import { catalogue } from './error.ts';

export const yamlErrors = catalogue('TS_YAML', {
  syntax: ({ problem }: { problem: string }) => `this is not YAML: ${problem}`,
  duplicateKey: ({ key, line }: { key: string; line: number }) => `'${key}' is already a key here (line ${line})`,
  unknownTag: ({ tag }: { tag: string }) => `tag ${tag} has no meaning here`,
  secretOutside: () => "a value can be marked '!secret' in a pillar file only",
  badTagValue: ({ tag, text }: { tag: string; text: string }) => `'${text}' is not a value of tag ${tag}`,
  keyNotScalar: () => 'a map or list cannot be a key',
  unknownAlias: ({ name }: { name: string }) => `there is no anchor &${name} before this`,
  badMerge: () => "'<<' takes a map or a list of maps",
  controlCharacter: ({ code }: { code: string }) => `the character U+${code} is not allowed in YAML`,
  tooManyAliases: () => 'the aliases of this file unfold to more than 200000 values',
  tooDeep: () => 'this is nested too deeply',
});
