import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { contentSha256 } from '../src/testing/origin-server/content.ts';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { sha256Of } from './support/members.ts';
import { finishedBy, QueueStage } from './support/queue-stage.ts';

const MANY = 1_000;
const HUGE = 100_000;

/** The most memory that a process has had, in MiB, see proc_pid_status(5); 0 when it has ended. */
function peakMemory(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

test('a thousand small files of one host: all right, over few connections, with one request each, in few words', async (t) => {
  const sizeBytes = 1024;
  const paths = Array.from({ length: MANY }, (_, index) => `/${index}.bin`);
  const files = Object.fromEntries(paths.map((path) => [path, { content: { seed: path, sizeBytes } }]));
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  const list = stage.write('list.txt', paths.map((path) => `${origin.url(path)}\n`).join(''));
  const run = stage.get(['-i', list]);
  let peakMiB = 0;
  await run.until(() => {
    peakMiB = Math.max(peakMiB, peakMemory(run.pid));
    return run.hasEnded;
  }, 'its end');
  assert.equal(run.code, 0, run.describe('ended otherwise'));
  for (const path of paths)
    assert.equal(await sha256Of(join(stage.directory, path)), contentSha256(path, sizeBytes));
  assert.equal(readdirSync(stage.directory).length, MANY);
  assert.equal(origin.requests.length, MANY);
  assert.ok(origin.connections.count <= 8, `${origin.connections.count} connections`);
  assert.ok(peakMiB > 0 && peakMiB <= 200, `${peakMiB} MiB`);
  const others = run.events.filter(({ event }) => event !== 'done');
  assert.ok(others.length <= 200, `${others.length} lines beside those of the files`);
  assert.deepEqual(await stage.listed(), []);
  assert.equal((await stage.history()).length, MANY);

  const again = stage.get(['-i', list]);
  assert.equal(await again.exit(), 0, again.describe('ended otherwise'));
  assert.equal(finishedBy(again).length, MANY);
  assert.ok(origin.servedBytes() <= MANY * (sizeBytes + 1), 'nothing was fetched again');
  assert.equal((await stage.history()).length, MANY);
});

test('a list of 100,000 begins, is broken off at once with its state kept, and resume goes on', async (t) => {
  const sizeBytes = 100;
  const paths = Array.from({ length: HUGE }, (_, index) => `/${index}.bin`);
  const files = Object.fromEntries(paths.map((path) => [path, { content: { seed: path, sizeBytes } }]));
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  const list = stage.write('list.txt', paths.map((path) => `${origin.url(path)}\n`).join(''));
  const early = stage.get(['-i', list]);
  await early.until(() => existsSync(join(stage.home, 'data/state.db')), 'the list of downloads');
  early.signal('SIGINT');
  assert.equal(await early.exit(), 130, early.describe('ended otherwise'));

  const run = stage.get(['-i', list]);
  await run.event('done');
  run.signal('SIGINT');
  assert.equal(await run.exit(), 130, run.describe('ended otherwise'));
  const done = finishedBy(run).length;
  const { out } = await stage.command(['ls', '--ids']);
  assert.equal(out.trimEnd().split('\n').length, HUGE - done);

  const again = stage.run(['resume', '--json', '--concurrent', '2']);
  await again.until(() => finishedBy(again).length >= 20, '20 files');
  again.signal('SIGTERM');
  assert.equal(await again.exit(), 130, again.describe('ended otherwise'));
  const both = [...finishedBy(run), ...finishedBy(again)];
  assert.equal(new Set(both).size, both.length, 'nothing was fetched twice');
  for (const path of both)
    assert.equal(await sha256Of(path), contentSha256(path.slice(stage.directory.length), sizeBytes));
});
