import type { Options } from '../../lib/config/option.ts';
import { saltFamilies, saltOptions } from '../../lib/config/salt-options.ts';
import { configErrors } from '../../lib/errors/config.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { jsonSchemaOf } from '../../lib/schema/json-schema.ts';
import { sentence } from '../../lib/sentence.ts';
import { described, documentOf } from './document.ts';

/** The config of a daemon. What only the other daemon or only Salt has is a warning, as it is when the config is read. */
export function configSchema(daemon: 'master' | 'minion', options: Options, others: Options): JsonMap {
  const own = Object.entries(options).flatMap(([name, { kind, fallback, doc, alias, secret }]) => {
    const isShown = fallback !== undefined && fallback !== '' && secret !== true;
    const schema = described(
      { ...jsonSchemaOf(kind.schema), ...(isShown && { default: fallback as Json }) },
      doc,
      sentence(kind.words),
    );
    return [name, ...(alias === undefined ? [] : [alias])].map((called) => [called, schema] as const);
  });
  const owner = daemon === 'master' ? 'minion' : 'master';
  const onlyInSalt = 'an option of Salt that tsalt does not have: it has no effect';
  const without = (deprecationMessage: string) => ({ deprecationMessage, doNotSuggest: true });
  return documentOf(`The ${daemon}'s config`, {
    type: ['object', 'null'],
    properties: {
      ...Object.fromEntries(
        [...saltOptions()].map((option) => [option, without(configErrors.onlyInSalt({ option }).sentence)]),
      ),
      ...Object.fromEntries(
        Object.keys(others).map((option) => [
          option,
          without(configErrors.otherDaemon({ option, owner, daemon }).sentence),
        ]),
      ),
      ...Object.fromEntries(own),
    },
    patternProperties: { [familiesBut(own.map(([name]) => name))]: without(onlyInSalt) },
    additionalProperties: false,
  });
}

/** Salt's options that are named for a module, which may look like one of ours. */
function familiesBut(own: readonly string[]): string {
  const ours = own.filter((name) => saltFamilies.test(name)).map((name) => name.replaceAll('.', '\\.'));
  return ours.length === 0 ? saltFamilies.source : `^(?!(?:${ours.join('|')})$)${saltFamilies.source.slice(1)}`;
}
