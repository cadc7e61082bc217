import test from 'ava';
import { eventually, openHosts, tsaltBinds, type Host, type Hosts } from './kit.ts';
import { onHost, type Applied } from './state-apply.ts';

let hosts: Hosts;
let host: Host;
let apply: (sls: string, ...more: string[]) => Promise<Applied>;
test.before(async () => {
  hosts = await openHosts({ binds: tsaltBinds, packages: ['supervisor'] });
  host = await hosts.boot('programs');
  await host.run('apt-get', 'update');
  await host.run('apt-get', 'install', '--yes', '--no-install-recommends', 'supervisor');
  apply = onHost(host);
});
test.after.always(() => hosts.close());

const program = (name: string, command: string): string => `
/etc/supervisor/conf.d/${name}.conf:
  file.managed:
    - contents: |
        [program:${name}]
        command=${command}
        autostart=false
        startsecs=1
        startretries=0
`;

const pid = (name: string): Promise<string> => host.run('supervisorctl', 'pid', name);

test.serial('supervisord: a new program is added and runs, is restarted for a new file, and stops', async (t) => {
  await eventually('supervisord answers', async () => (await host.exec(['supervisorctl', 'pid'])).code === 0);
  const states = `
app:
  supervisord.running:
    - update: true
    - watch: [{file: /etc/app.conf}]
`;
  const sls = `${program('app', '/usr/bin/sleep infinity')}
/etc/app.conf:
  file.managed: [{contents: one}]
${states}`;
  t.deepEqual((await apply(sls)).failed, []);
  t.regex(await host.run('supervisorctl', 'status', 'app'), /RUNNING/);
  t.deepEqual((await apply(sls)).changed, []);
  const before = await pid('app');
  const watched = await apply(sls.replace('contents: one', 'contents: two'));
  t.deepEqual([watched.failed, watched.changed.map(({ id }) => id)], [[], ['/etc/app.conf', 'app']]);
  t.not(await pid('app'), before);
  const other = sls.replace('contents: one', 'contents: two').replace('sleep infinity', 'sleep 99999');
  t.deepEqual((await apply(other)).failed, []);
  t.regex(await host.run('ps', '-o', 'args=', await pid('app')), /sleep 99999/);
  t.deepEqual((await apply(other)).changed, []);
  const dead = 'app:\n  supervisord.dead: []\n';
  t.is((await apply(dead)).changed.length, 1);
  t.deepEqual((await apply(dead)).changed, []);
});

test.serial('supervisord: a program that does not stay up, is false with its words', async (t) => {
  const sls = `${program('broken', '/bin/false')}
broken:
  supervisord.running: []
`;
  t.regex((await apply(sls)).failed.join(), /broken: .*ERROR/);
  t.regex((await apply('nobody:\n  supervisord.running: []\n')).failed.join(), /not in the configuration/);
});
