import test from 'ava';
import { openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';
import { onHost, type Applied } from './state-apply.ts';

let hosts: Hosts;
let host: Host;
let apply: (sls: string, ...more: string[]) => Promise<Applied>;
test.before(async () => {
  hosts = await openHosts({ binds: tsaltBinds, packages: ['iptables', 'nftables', 'iproute2'] });
  host = await hosts.boot('firewall');
  await host.run('apt-get', 'update');
  await host.run('apt-get', 'install', '--yes', '--no-install-recommends', 'iptables', 'nftables', 'iproute2');
  apply = onHost(host);
});
test.after.always(() => hosts.close());

test.serial('iptables: chains, rules and policies are made once, saved, and taken away again', async (t) => {
  const sls = `
blocked:
  iptables.chain_present: []
rules:
  iptables.append:
    - save: true
    - rules:
      - {name: lo, chain: INPUT, if: lo, jump: ACCEPT}
      - {name: web, chain: INPUT, proto: tcp, dports: [80, 443], jump: ACCEPT}
      - {name: ssh, chain: INPUT, proto: tcp, dport: 22, connstate: 'NEW,RELATED', source: 10.0.0.0/8, comment: our ssh, jump: ACCEPT}
      - {name: log, chain: blocked, match: limit, limit: 5/minute, jump: LOG, log-prefix: 'in: '}
      - {name: reject, chain: blocked, jump: REJECT}
first:
  iptables.insert:
    - chain: INPUT
    - position: 1
    - connstate: ESTABLISHED,RELATED
    - match: state
    - jump: ACCEPT
forward:
  iptables.set_policy:
    - chain: FORWARD
    - policy: DROP
nat:
  iptables.append:
    - table: nat
    - chain: POSTROUTING
    - of: host0
    - jump: MASQUERADE
`;
  const foretold = await apply(sls, 'test=true');
  t.true(
    foretold.results.every(({ result }) => result === null),
    JSON.stringify(foretold),
  );
  const first = await apply(sls);
  t.deepEqual(first.failed, []);
  const rules = await host.run('iptables-save');
  t.regex(rules, /-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n/);
  t.regex(rules, /--dports 80,443 -j ACCEPT/);
  t.regex(rules, /:FORWARD DROP/);
  t.regex(rules, /-A POSTROUTING -o host0 -j MASQUERADE/);
  t.regex(await host.run('cat', '/etc/iptables/rules.v4'), /-A INPUT -i lo -j ACCEPT/);
  const second = await apply(sls);
  t.deepEqual([second.failed, second.changed.filter(({ id }) => id !== 'rules')], [[], []]);
  t.deepEqual((await apply(sls)).changed, [], 'what was changed after the rules were saved, is saved by now');
  const away = await apply(`
web:
  iptables.delete: [{chain: INPUT}, {proto: tcp}, {dports: [80, 443]}, {jump: ACCEPT}]
blocked:
  iptables.chain_absent: []
nat:
  iptables.flush: [{table: nat}]
`);
  t.deepEqual([away.failed, away.changed.length], [[], 3]);
  t.notRegex(await host.run('iptables-save'), /dports|blocked|MASQUERADE/);
});

test.serial('nftables: tables, chains and rules are made once, saved, and taken away again', async (t) => {
  // Those of iptables are in there, too, and not to be loaded by nft.
  await host.run('nft', 'flush', 'ruleset');
  const sls = `
shield:
  nftables.table_present:
    - family: inet
input:
  nftables.chain_present: [{table: shield}, {family: inet}, {table_type: filter}, {hook: input}, {priority: -10}]
known:
  nftables.append: [{table: shield}, {family: inet}, {chain: input}, {connstate: 'established,related'}, {jump: accept}]
ports:
  nftables.append: [{table: shield}, {family: inet}, {chain: input}, {proto: tcp}, {dports: '80,443,22'}, {counter: true}, {jump: accept}]
icmp:
  nftables.append: [{table: shield}, {family: inet}, {chain: input}, {proto: icmp}, {icmp-type: 'echo-request,echo-reply'}, {jump: accept}]
odd:
  nftables.append: [{table: shield}, {family: inet}, {chain: input}, {rule: 'tcp flags & (syn|ack) == syn limit rate 10/second accept'}]
lo:
  nftables.insert: [{table: shield}, {family: inet}, {chain: input}, {if: lo}, {comment: our own}, {jump: accept}]
last:
  nftables.append: [{table: shield}, {family: inet}, {chain: input}, {reject-with: 'icmpx type admin-prohibited'}, {proto: udp}, {save: true}]
`;
  const foretold = await apply(sls, 'test=true');
  t.true(
    foretold.results.every(({ result }) => result === null),
    JSON.stringify(foretold),
  );
  const first = await apply(sls);
  t.deepEqual(first.failed, []);
  const rules = await host.run('nft', 'list', 'table', 'inet', 'shield');
  t.regex(rules, /priority (filter - 10|-10)/);
  t.regex(rules, /iifname "lo" accept comment "our own"\n\t\tct state established,related accept/);
  t.regex(rules, /tcp dport \{ 22, 80, 443 \} counter packets \d+ bytes \d+ accept/);
  t.deepEqual((await apply(sls)).changed, []);
  // What was saved is what comes back.
  await host.run('nft', 'flush', 'ruleset');
  await host.run('nft', '-f', '/etc/nftables.conf');
  t.deepEqual((await apply(sls)).changed, []);
  const away = await apply(`
ports:
  nftables.delete: [{table: shield}, {family: inet}, {chain: input}, {proto: tcp}, {dports: '80,443,22'}, {counter: true}, {jump: accept}]
policy:
  nftables.set_policy: [{table: shield}, {family: inet}, {chain: input}, {policy: drop}]
rest:
  nftables.flush: [{table: shield}, {family: inet}, {chain: input}]
input:
  nftables.chain_absent: [{table: shield}, {family: inet}]
shield:
  nftables.table_absent: [{family: inet}]
`);
  t.deepEqual([away.failed, away.changed.length], [[], 5]);
  t.notRegex(await host.run('nft', 'list', 'ruleset'), /shield/);
});
