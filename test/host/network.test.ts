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

test.serial('network: addresses and routes are there once, are replaced, and are taken away again', async (t) => {
  await host.run('ip', 'link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1');
  for (const link of ['probe0', 'probe1']) await host.run('ip', 'link', 'set', link, 'up');
  const sls = `
10.77.0.2/24:
  network.address_present: [{interface: probe0}, {label: 'probe0:1'}]
fd00:77::2/64:
  network.address_present: [{interface: probe0}]
10.78.0.0/16:
  network.route_present: [{gateway: 10.77.0.1}, {metric: 50}]
10.79.0.0/16:
  network.route_present: [{interface: probe0}, {table: 77}]
fd00:78::/64:
  network.route_present: [{gateway: 'FD00:77:0::1'}]
`;
  const foretold = await apply(sls, 'test=true');
  t.true(
    foretold.results.every(({ result }) => result === null),
    JSON.stringify(foretold),
  );
  t.deepEqual((await apply(sls)).failed, []);
  t.regex(await host.run('ip', 'address', 'show', 'probe0'), /10\.77\.0\.2\/24 scope global probe0:1/);
  t.regex(await host.run('ip', 'route'), /10\.78\.0\.0\/16 via 10\.77\.0\.1 dev probe0 metric 50/);
  t.regex(await host.run('ip', 'route', 'show', 'table', '77'), /10\.79\.0\.0\/16 dev probe0/);
  t.deepEqual((await apply(sls)).changed, []);
  const other = sls.replace('{gateway: 10.77.0.1}', '{gateway: 10.77.0.3}').replace("'FD00:77:0::1'", "'fd00:77::3'");
  t.deepEqual((await apply(other)).changed.length, 2);
  t.notRegex(await host.run('ip', 'route'), /via 10\.77\.0\.1/);
  t.notRegex(await host.run('ip', '-6', 'route'), /via fd00:77::1/);
  t.deepEqual((await apply(other)).changed, []);
  const away = `
10.78.0.0/16:
  network.route_absent: [{gateway: 10.77.0.3}]
10.79.0.0/16:
  network.route_absent: [{table: 77}]
fd00:78::/64:
  network.route_absent: []
10.77.0.2/24:
  network.address_absent: [{interface: probe0}]
fd00:77::2/64:
  network.address_absent: [{interface: probe0}]
`;
  t.is((await apply(away)).changed.length, 5);
  t.deepEqual((await apply(away)).changed, []);
  t.notRegex(await host.run('ip', 'address', 'show', 'probe0'), /77/);
});
