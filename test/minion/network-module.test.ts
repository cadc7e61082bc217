import type os from 'node:os';
import test from 'ava';
import * as v from 'valibot';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { networkModule } from '../../minion/modules/network.ts';
import { sandbox } from '../states/sandbox.ts';

const address = (given: Partial<os.NetworkInterfaceInfo>): os.NetworkInterfaceInfo =>
  ({ mac: '02:fc:00:00:00:01', internal: false, family: 'IPv4', ...given }) as os.NetworkInterfaceInfo;

const { functions } = networkModule(() => ({
  lo: [
    address({ address: '127.0.0.1', cidr: '127.0.0.1/8', netmask: '255.0.0.0', internal: true }),
    address({ address: '::1', cidr: '::1/128', family: 'IPv6', internal: true }),
  ],
  eth0: [
    address({ address: '10.1.2.3', cidr: '10.1.2.3/12', netmask: '255.240.0.0' }),
    address({ address: 'fd00:1:2::3', cidr: 'fd00:1:2::3/40', family: 'IPv6' }),
    address({ address: 'fe80::1%eth0', cidr: 'fe80::1/64', family: 'IPv6' }),
  ],
  'eth0:1': [address({ address: '8.8.4.4', cidr: '8.8.4.4/32', netmask: '255.255.255.255' })],
}));

const files = {
  '/sys/class/net/eth0/address': '02:fc:00:00:00:01\n',
  '/sys/class/net/eth0/flags': '0x1003\n',
  '/sys/class/net/ifb0/address': '42:23:c9:97:68:40\n',
  '/sys/class/net/ifb0/flags': '0x82\n',
  '/proc/net/route':
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n' +
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n',
  '/proc/net/ipv6_route':
    '00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n' +
    '00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n',
  '/proc/sys/kernel/hostname': 'web1\n',
};

function call(name: string, args: JsonMap = {}): Json {
  const found = functions[name];
  if (!found) throw new RangeError(name);
  const box = sandbox({ before: files });
  try {
    const context = { machine: box.machine, grains: { fqdn: 'web1.example' } } as unknown as ExecContext;
    return found.run(v.parse(found.args, args), context) as Json;
  } finally {
    box.remove();
  }
}

test('addresses: of all interfaces or one, in a network, public or private, and of the loopback where it is wanted', (t) => {
  t.deepEqual(call('ip_addrs'), ['10.1.2.3', '8.8.4.4']);
  t.deepEqual(call('ip_addrs', { interface: 'lo' }), []);
  t.deepEqual(call('ip_addrs', { interface: 'lo', include_loopback: true }), ['127.0.0.1']);
  t.deepEqual(call('ip_addrs', { cidr: '10.0.0.0/8' }), ['10.1.2.3']);
  t.deepEqual(call('ip_addrs', { type: 'public' }), ['8.8.4.4']);
  t.deepEqual(call('ip_addrs', { type: 'private' }), ['10.1.2.3']);
  t.deepEqual(call('ip_addrs6'), ['fd00:1:2::3', 'fe80::1']);
  t.throws(() => call('ip_addrs', { cidr: 'ten' }), { message: /'ten' is not a network, such as 10\.0\.0\.0\/8/ });
  t.throws(() => call('in_subnet', { cidr: '10.0.0.0/' }), { message: /'10\.0\.0\.0\/' is not a network/ });
});

test('networks: the ones that the machine is in, and whether it is in one', (t) => {
  t.deepEqual(call('subnets'), ['10.0.0.0/12', '8.8.4.4/32']);
  t.deepEqual(call('subnets6'), ['fd00:1::/40']);
  t.is(call('in_subnet', { cidr: '10.1.0.0/16' }), true);
  t.is(call('in_subnet', { cidr: '10.2.0.0/16' }), false);
  t.is(call('in_subnet', { cidr: 'fd00::/8' }), true);
  t.is(call('is_private', { ip_addr: '172.31.0.1' }), true);
  t.is(call('is_private', { ip_addr: '172.32.0.1' }), false);
  t.is(call('is_loopback', { ip_addr: '127.9.9.9' }), true);
});

test('interfaces: up or not, with their addresses, and a name from outside is no path', (t) => {
  t.like(call('interfaces'), {
    eth0: {
      up: true,
      hwaddr: '02:fc:00:00:00:01',
      inet: [
        { address: '10.1.2.3', netmask: '255.240.0.0' },
        { address: '8.8.4.4', netmask: '255.255.255.255' },
      ],
      inet6: [
        { address: 'fd00:1:2::3', prefixlen: '40' },
        { address: 'fe80::1', prefixlen: '64' },
      ],
    },
    ifb0: { up: false, hwaddr: '42:23:c9:97:68:40' },
  });
  t.is(call('hw_addr', { iface: 'ifb0' }), '42:23:c9:97:68:40');
  t.is(call('hw_addr', { iface: '../../proc/sys/kernel' }), '');
  t.is(call('interface_ip', { iface: 'eth0' }), '10.1.2.3');
});

test("routes: the default ones, in Salt's words", (t) => {
  const four = { destination: '0.0.0.0', gateway: '192.0.2.1', netmask: '0.0.0.0', flags: 'UG', interface: 'eth0' };
  const six = { addr_family: 'inet6', destination: '::/0', netmask: '' };
  t.deepEqual(call('default_route'), [
    { addr_family: 'inet', ...four },
    { ...six, gateway: 'fd00::1', flags: 'UG', interface: 'eth0' },
    { ...six, gateway: '::', flags: '!n', interface: 'lo' },
  ]);
  t.is((call('default_route', { family: 'inet' }) as Json[]).length, 1);
  t.is(call('get_hostname'), 'web1');
  t.is(call('get_fqdn'), 'web1.example');
});
