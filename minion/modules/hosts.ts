import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';
import { readHosts } from '../../lib/system/hosts-file.ts';

interface Entry {
  aliases: string[];
  comment?: string;
}

/** The addresses of the hosts file, with their names, in the order of the file. */
function entries({ machine }: ExecContext): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const { entry } of readHosts(machine).lines) {
    if (!entry) continue;
    const known = found.get(entry.ip) ?? { aliases: [] };
    known.aliases.push(...entry.names);
    if (entry.comment !== '') known.comment = entry.comment;
    found.set(entry.ip, known);
  }
  return found;
}

/** The hosts file. */
export default defineModule({
  list_hosts: defineFunction({
    summary: 'All addresses of the hosts file, with their names.',
    args: v.strictObject({}),
    sync: true,
    run: (_, context) => Object.fromEntries(entries(context)),
  }),
  get_ip: defineFunction({
    summary: 'The first address that has this name; empty when none has.',
    args: v.strictObject({ host: v.string() }),
    sync: true,
    run: ({ host }, context) => [...entries(context)].find(([, { aliases }]) => aliases.includes(host))?.[0] ?? '',
  }),
  get_alias: defineFunction({
    summary: 'The names of an address.',
    args: v.strictObject({ ip: v.string() }),
    sync: true,
    run: ({ ip }, context) => entries(context).get(ip)?.aliases ?? [],
  }),
  has_pair: defineFunction({
    summary: 'Whether the address has this name.',
    args: v.strictObject({ ip: v.string(), alias: v.string() }),
    sync: true,
    run: ({ ip, alias }, context) => entries(context).get(ip)?.aliases.includes(alias) === true,
  }),
});
