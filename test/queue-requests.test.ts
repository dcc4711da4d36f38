import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import type { Member } from './support/members.ts';
import { finishedBy, QueueStage } from './support/queue-stage.ts';

const SIZE = 6 * MIB;
const FILES = { '/a.bin': knownFile('ask a', SIZE), '/b.bin': knownFile('ask b', SIZE) };

/** An origin from which a file takes longer than a few commands do. */
function slowOrigin(): Promise<OriginServer> {
  return startOrigin({ files: FILES, ratePerConnection: MIB });
}

async function holds(run: Member, bytes: number): Promise<void> {
  await run.until(() => run.events.some((event) => (event.bytes ?? 0) >= bytes), `${bytes} bytes`);
}

/** Two downloads, the first of which runs, and stands still until the origin is released, while the second waits. */
async function two(t: TestContext, origin: OriginServer) {
  origin.holdAfter(2 * MIB);
  const stage = new QueueStage(t);
  const run = stage.get([origin.url('/a.bin'), origin.url('/b.bin'), '--concurrent', '1']);
  await holds(run, MIB);
  return { stage, run };
}

/** As `two`, so slow that the first goes on until the limit is taken away. */
async function twoHeldUp(t: TestContext, origin: OriginServer, files: Readonly<Record<string, unknown>>) {
  const stage = new QueueStage(t);
  const urls = Object.keys(files).map((path) => origin.url(path));
  const run = stage.get([...urls, '--concurrent', '1', '--limit-each', '20k']);
  await run.event('queue');
  return { stage, run };
}

test('pause stops a download that runs, another takes its place, and resume goes on with it', async (t) => {
  await using origin = await slowOrigin();
  const { stage, run } = await two(t, origin);
  assert.match(await stage.does('pause', '1'), /told to pause/);
  await stage.untilListed(1, ({ state }) => state === 'paused', run);
  await stage.untilListed(2, ({ state }) => state === 'running', run);
  await stage.does('resume', '1');
  await stage.untilListed(1, ({ state }) => state === 'waiting', run);

  origin.release();
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual(
    finishedBy(run).map((path) => path.slice(-5)),
    ['b.bin', 'a.bin'],
  );
  assert.ok(origin.duplicateBytes('/a.bin') < 2 * MIB, 'it went on from where it was');
});

test('what waits can be paused: it is passed over, and its process waits for it', async (t) => {
  await using origin = await startOrigin({ files: FILES });
  const { stage, run } = await twoHeldUp(t, origin, FILES);
  await stage.does('pause', '2');
  await stage.untilListed(2, ({ state }) => state === 'paused', run);
  await stage.does('limit', 'none', '1', '2');
  await run.event('done');
  await stage.untilListed(2, ({ state }) => state === 'paused', run);
  assert.equal(
    origin.requests.some(({ path }) => path === '/b.bin'),
    false,
  );
  await stage.does('resume');
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.equal(finishedBy(run).length, 2);
});

test('pause --all rests everything; interrupted then, resume in another process goes on with all', async (t) => {
  await using origin = await slowOrigin();
  const { stage, run } = await twoHeldUp(t, origin, FILES);
  await stage.does('pause', '--all');
  for (const id of [1, 2]) await stage.untilListed(id, ({ state }) => state === 'paused', run);
  run.signal('SIGINT');
  assert.equal(await run.exit(), 130);
  assert.deepEqual(
    (await stage.listed()).map(({ state }) => state),
    ['paused', 'paused'],
  );
  await stage.does('limit', 'none', '1', '2');
  const again = stage.run(['resume', '--json', '--connections', '4']);
  assert.equal(await again.exit(), 0, again.describe('ended otherwise'));
  assert.equal(finishedBy(again).length, 2);
});

test('what is interrupted is stopped, not paused', async (t) => {
  await using origin = await slowOrigin();
  const { stage, run } = await twoHeldUp(t, origin, FILES);
  run.signal('SIGINT');
  assert.equal(await run.exit(), 130);
  assert.deepEqual(
    (await stage.listed()).map(({ id, state }) => [id, state]),
    [
      [1, 'stopped'],
      [2, 'stopped'],
    ],
  );
  assert.equal(
    origin.requests.some(({ path }) => path === '/b.bin'),
    false,
    'nothing takes its place',
  );
});

test('a higher priority goes first', async (t) => {
  const files = { ...FILES, '/c.bin': knownFile('ask c', MIB) };
  await using origin = await startOrigin({ files });
  const { stage, run } = await twoHeldUp(t, origin, files);
  await stage.does('priority', '3', '10');
  await stage.untilListed(3, ({ priority }) => priority === 10, run);
  await stage.does('limit', 'none', '1', '2', '3');
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual(
    finishedBy(run).map((path) => path.slice(-5)),
    ['a.bin', 'c.bin', 'b.bin'],
  );
});

test('rm of a download that runs stops it, deletes its part and lets the next one run', async (t) => {
  await using origin = await slowOrigin();
  const { stage, run } = await two(t, origin);
  await stage.does('rm', '1', '--yes');
  await stage.untilListed(2, ({ state }) => state === 'running', run);
  origin.release();
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual(
    finishedBy(run).map((path) => path.slice(-5)),
    ['b.bin'],
  );
  assert.deepEqual(readdirSync(stage.directory), ['b.bin']);
  assert.deepEqual(await stage.listed(), []);
});

test('rm of the last one that runs ends the process, with its part gone or kept', async (t) => {
  await using origin = await slowOrigin();
  const stage = new QueueStage(t);
  for (const keep of [false, true]) {
    origin.holdAfter(2 * MIB);
    const run = stage.get([origin.url('/a.bin')]);
    await holds(run, MIB);
    const [row] = await stage.listed();
    await stage.does('rm', String(row!.id), keep ? '--keep' : '--yes');
    assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
    assert.equal(existsSync(join(stage.directory, 'a.bin.dragonload')), keep);
    assert.deepEqual(await stage.listed(), []);
    origin.release();
  }
  const before = origin.servedBytes();
  await stage.get([origin.url('/a.bin'), '--connections', '4']).finishes(FILES['/a.bin'].sha256);
  assert.ok(origin.servedBytes() - before <= SIZE, 'what was kept is of no harm');
});

test('rm of what waits, is paused or is finished', async (t) => {
  await using origin = await slowOrigin();
  const { stage, run } = await twoHeldUp(t, origin, FILES);
  await stage.does('rm', '2', '--yes');
  await stage.untilGone(2, run);
  await stage.does('pause', '1');
  await stage.untilListed(1, ({ state }) => state === 'paused', run);
  await stage.does('rm', '1', '--yes');
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual(readdirSync(stage.directory), []);

  await stage.get([origin.url('/b.bin'), '--connections', '4']).finishes(FILES['/b.bin'].sha256);
  const [done] = await stage.history();
  await stage.does('rm', String(done!.id));
  assert.deepEqual(await stage.history(), []);
  assert.ok(existsSync(join(stage.directory, 'b.bin')), 'the file stays');
});

test('one that has failed is tried again by its process when resume names it', async (t) => {
  await using origin = await startOrigin({ files: FILES, ratePerConnection: 1.5 * MIB });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url('/late.bin'), origin.url('/b.bin')]);
  await run.event('error');
  await stage.untilListed(1, ({ state }) => state === 'failed', run);
  origin.set('/late.bin', knownFile('late', MIB));
  await stage.does('resume', '1');
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.equal(finishedBy(run).length, 2);
});

test('numbers that no download has and requests without sense are refused with a sentence', async (t) => {
  const stage = new QueueStage(t);
  for (const argv of [
    ['pause', '7'],
    ['resume', '7'],
    ['rm', '7'],
    ['priority', '7', '1'],
    ['limit', '1M', '7'],
    ['refresh', '7', 'http://a.example/'],
  ]) {
    const { code, err } = await stage.command(argv);
    assert.equal(code, 2, argv.join(' '));
    assert.match(err, /There is no download 7\.\n {2}Run "dragonload ls"/);
  }
});
