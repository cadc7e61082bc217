import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { openAudit, type AuditLog } from '../../master/audit/log.ts';
import { startCluster, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { needing } from '../kit/needing.ts';
import { smallDisk } from '../kit/small-disk.ts';
import { as, execAs, identities, keyLine, order, unnamed } from './kit.ts';

function fileOf(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-audit-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return path.join(directory, 'audit.log');
}

function opened(t: ExecutionContext, file: string, more: { mostBytes?: number; keep?: number } = {}): AuditLog {
  const audit = openAudit({ file, mostBytes: 1_000_000, keep: 3, clock: systemClock, log: silent, ...more });
  t.teardown(() => audit.close());
  return audit;
}

async function written(t: ExecutionContext, lines: number): Promise<{ file: string; audit: AuditLog }> {
  const file = fileOf(t);
  const audit = opened(t, file, { mostBytes: 100_000_000 });
  await Promise.all(Array.from({ length: lines }, (_, at) => audit.note({ who: 'alice', at })));
  return { file, audit };
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const overwrite = (file: string, lines: readonly string[]): void => writeFileSync(file, `${lines.join('\n')}\n`);

test('audit: lines follow each other, a restart goes on with them, and nobody else reads them', async (t) => {
  const { file, audit } = await written(t, 5);
  t.like(await audit.verify(), { success: true, from: 1, to: 5, problems: [] });
  t.is(statSync(file).mode & 0o777, 0o600);
  const again = opened(t, file);
  t.is(await again.note({ who: 'bob' }), 6);
  t.like(await again.verify(), { success: true, to: 6 });
  t.deepEqual(
    again.newest(2).map(({ n, who }) => [n, who]),
    [
      [5, 'alice'],
      [6, 'bob'],
    ],
  );
});

test('audit: a line that is gone, altered, exchanged, added or cut off at the end, is found', async (t) => {
  const spoil: Record<string, (lines: string[]) => string[]> = {
    'number 4 comes after 2': (lines) => lines.toSpliced(2, 1),
    'line before it was altered': (lines) => lines.with(2, (lines[2] ?? '').replace('alice', 'carol')),
    'number 4 comes after 2 ': (lines) => lines.with(2, lines[3] ?? '').with(3, lines[2] ?? ''),
    'number 3 comes after 3': (lines) => lines.toSpliced(2, 0, lines[2] ?? ''),
    'it is no line of an audit log': (lines) => lines.toSpliced(2, 0, '# nothing to see'),
    'the lines up to number 5 were written, and the last one there is 4': (lines) => lines.slice(0, -1),
    'it is not as it was written': (lines) => lines.with(4, (lines[4] ?? '').replace('alice', 'carol')),
    'the last one there is 0': () => [],
  };
  for (const [problem, how] of Object.entries(spoil)) {
    const { file, audit } = await written(t, 5);
    const lines = how(linesOf(file));
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    const verdict = await audit.verify();
    t.false(verdict.success, problem);
    t.true(verdict.problems[0]?.includes(problem.trim()), `${problem}: ${verdict.problems.join('; ')}`);
  }
});

test('audit: a file that is full is put aside, the chain goes on, and the oldest are deleted', async (t) => {
  const file = fileOf(t);
  const audit = opened(t, file, { mostBytes: 1000, keep: 2 });
  for (let n = 1; n <= 40; n++) await audit.note({ who: 'alice', n: 0 });
  const names = readdirSync(path.dirname(file)).sort();
  t.is(names.length, 3, names.join());
  t.true(names.every((name) => statSync(path.join(path.dirname(file), name)).size <= 1000));
  const verdict = await audit.verify();
  t.like(verdict, { success: true, to: 40 });
  t.true(verdict.from > 1);
  // The newest line is in a file that was put aside, or not: a restart finds it.
  rmSync(file);
  const again = opened(t, file, { mostBytes: 1000, keep: 2 });
  t.is((await again.note({})) - 1, Number(names.at(-1)?.split('.').at(-1)));

  const aside = path.join(path.dirname(file), names.at(-1) ?? '');
  overwrite(aside, linesOf(aside).toSpliced(1, 1));
  t.false((await again.verify()).success);
});

test('audit: as many of the newest lines as are asked for, also from files that were put aside, and from long ones', async (t) => {
  const audit = opened(t, fileOf(t), { mostBytes: 1500, keep: 10 });
  for (let n = 1; n <= 40; n++) await audit.note({ who: 'alice' });
  const lastOf = (count: number, of: number) => Array.from({ length: count }, (_, i) => of - count + 1 + i);
  for (const limit of [1, 5, 6, 7, 39, 40, 41, 1000])
    t.deepEqual(
      audit.newest(limit).map(({ n }) => n),
      lastOf(Math.min(limit, 40), 40),
      `${limit}`,
    );
  const { audit: long } = await written(t, 8000);
  for (const limit of [50, 6000, 8000, 9000])
    t.deepEqual(
      long.newest(limit).map(({ n }) => n),
      lastOf(Math.min(limit, 8000), 8000),
      `${limit}`,
    );
});

test('audit: half a line of a lost power supply, is cut off; anything else at the end is not gone on with', async (t) => {
  const { file } = await written(t, 3);
  appendFileSync(file, '{"n":4,"ti');
  const again = opened(t, file);
  t.is(await again.note({}), 4);
  t.like(await again.verify(), { success: true, to: 4 });
  appendFileSync(file, 'what?\n');
  t.throws(() => opened(t, file), { code: 'TS_AUDIT_BROKEN', message: /last line is no line of an audit log/ });
});

test('audit: a file that others may read, or that was moved away meanwhile, is not written to', async (t) => {
  const { file, audit } = await written(t, 1);
  chmodSync(file, 0o644);
  t.throws(() => opened(t, file), { code: 'TS_AUDIT_OPEN', message: /chmod 600/ });
  renameSync(file, `${file}.away`);
  await t.throwsAsync(audit.note({}), { code: 'TS_AUDIT_MOVED' });
});

const auditFile = (cluster: Cluster): string => path.join(cluster.master.directory, 'cache/audit.log');
const audited = (cluster: Cluster): JsonMap[] => linesOf(auditFile(cluster)).map((line) => JSON.parse(line) as JsonMap);

test('audit: who asked for what, on how many, whether it was allowed and what came of it; no values of arguments', async (t) => {
  const { alice } = identities();
  const rules = [{ may: 'test.*', on: 'web*' }];
  const cluster = await startCluster(t, { operators: { alice: { keys: keyLine(alice), rules } } });
  for (const id of ['web1', 'db1']) await cluster.joinMinion(id);
  const [a, nobody] = [await as(t, cluster, alice), await unnamed(t, cluster)];
  const secret = { arg: ['hunter2'], kwarg: { pillar: { password: 'hunter3' } } };
  await execAs(a, order('web*', 'test.arg', secret));
  await t.throwsAsync(execAs(a, order('*', 'test.arg', secret)), { code: 'TS_ACCESS_REFUSED_TARGETS' });
  await t.throwsAsync(execAs(a, order('db1', 'cmd.run', secret)), { code: 'TS_ACCESS_REFUSED' });
  await t.throwsAsync(nobody.call('key.accept', { match: 'x*' }), { code: 'TS_ACCESS_NOBODY' });
  await t.throwsAsync(cluster.run('jobs.show', '20200101000000000000'), { code: 'TS_RUNNER_NO_SUCH_JOB' });
  const { jid } = ((await cluster.events()).find(({ data }) => data['fun'] === 'test.arg')?.data ?? {}) as JsonMap;
  await eventually(() => audited(cluster).some(({ error }) => error === 'TS_RUNNER_NO_SUCH_JOB'));
  const lines = audited(cluster);
  const line = (fun: string, allowed: boolean): JsonMap =>
    lines.find((one) => one['fun'] === fun && one['allowed'] === allowed) ?? {};
  const outcome = (of: JsonMap): JsonMap => lines.find((one) => one['of'] === of['n']) ?? {};

  const asked = line('test.arg', true);
  t.like(asked, { who: 'operator', name: 'alice', about: 'web*', minions: 1, args: 1, kwargs: ['pillar'] });
  t.like(outcome(asked), { ok: true, jid });
  const turnedDown = line('test.arg', false);
  t.like(turnedDown, { about: '*', minions: 2, why: 'TS_ACCESS_REFUSED_TARGETS' });
  t.deepEqual(outcome(turnedDown), {});
  t.like(line('cmd.run', false), { about: 'db1', why: 'TS_ACCESS_REFUSED' });
  t.like(line('wheel.key.accept', false), { who: 'anyone', about: 'x*', why: 'TS_ACCESS_NOBODY' });
  const failed = line('runner.jobs.show', true);
  t.like(failed, { who: 'owner' });
  t.like(outcome(failed), { ok: false, error: 'TS_RUNNER_NO_SUCH_JOB' });
  t.notRegex(readFileSync(auditFile(cluster), 'utf8'), /hunter/);

  const fine = await cluster.tsalt('run', 'audit.verify');
  t.is(fine.code, 0, fine.stdout + fine.stderr);
  overwrite(auditFile(cluster), linesOf(auditFile(cluster)).toSpliced(3, 1));
  const found = await cluster.tsalt('run', 'audit.verify', '--out', 'json');
  t.is(found.code, 1, 'the line that was written over is of the same file');
  t.regex(found.stdout, /line 4: number 5 comes after 3/);
});

needing('root', process.getuid?.() === 0)(
  'audit: on a full disk nothing is done that could not be noted, and all goes on with space',
  async (t) => {
    const disk = smallDisk(t, 4);
    const cluster = await startCluster(t, { audit_file: path.join(disk.directory, 'audit.log') });
    await cluster.joinMinion('web1');
    disk.fill();
    let refusal: unknown;
    for (let n = 0; n < 200 && refusal === undefined; n++)
      await cluster.control.call('status').catch((cause: unknown) => (refusal = cause));
    t.regex(messageOf(refusal), /nothing was done: it could not be noted in .*audit\.log: .*(ENOSPC|no space)/i);
    await t.throwsAsync(cluster.publish('web1', 'test.ping'), { code: 'TS_AUDIT_NOT_WRITTEN' });
    await t.throwsAsync(cluster.control.call('key.delete', { match: 'web1' }), { code: 'TS_AUDIT_NOT_WRITTEN' });
    disk.free();
    t.deepEqual(((await cluster.control.call('key.list')) as JsonMap)['accepted'], ['web1']);
    t.deepEqual(await cluster.run('jobs.list'), {}, 'a job was made');
    t.is((await cluster.exec('web1', 'test.ping'))[0]?.return, true);
    t.like(await cluster.run('audit.verify'), { success: true });
  },
);
