import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { PIECE_BYTES } from './support/journal.ts';
import type { Member } from './support/members.ts';
import { finishedBy, QueueStage } from './support/queue-stage.ts';

const SIZE = 8 * MIB;
const FILE = knownFile('limited', SIZE);
/** What sockets hold of a transfer that is broken off, for each connection. */
const SLACK = MIB;
/** At this rate a file takes longer than any test waits. */
const SLOW = '20k';

/** Of a host in a room that nobody joins. */
const hosting = ({ directory }: QueueStage) =>
  ['--dir', directory, '--connections', '1', '--allow-private', '--json', '--leave'] as const;

/** What a process has fetched, as it says itself: what the kernel holds for it is not limited. */
function fetchedBy(run: Member): number {
  return Math.max(0, ...run.events.map(({ originBytes }) => originBytes ?? 0));
}

async function holds(run: Member, bytes: number): Promise<void> {
  await run.until(() => fetchedBy(run) >= bytes, `${bytes} bytes`);
}

/** A download without any limit, of another user: as long as that takes, others have time to go wrong. */
async function meanwhile(t: TestContext): Promise<void> {
  await using origin = await startOrigin({ files: { '/free.bin': FILE }, ratePerConnection: 4 * MIB });
  await new QueueStage(t).get([origin.url()]).finishes(FILE.sha256);
}

test('--limit holds for all downloads together, and --limit-each for each', async (t) => {
  const files = { '/a.bin': FILE, '/b.bin': knownFile('limited too', SIZE) };
  await using origin = await startOrigin({ files });
  for (const flag of ['--limit', '--limit-each']) {
    const run = new QueueStage(t).get([origin.url('/a.bin'), origin.url('/b.bin'), flag, SLOW]);
    await holds(run, 1);
    await meanwhile(t);
    assert.ok(fetchedBy(run) < MIB, `${fetchedBy(run)} bytes in spite of ${flag}`);
    await run.kill();
  }
});

test('max-download-limit of a list holds for one download and leaves the others alone', async (t) => {
  const files = { '/slow.bin': FILE, '/fast.bin': FILE };
  await using origin = await startOrigin({ files, ratePerConnection: 4 * MIB });
  const stage = new QueueStage(t);
  const list = stage.write(
    'list.txt',
    `${origin.url('/slow.bin')}\n  max-download-limit=${SLOW}\n${origin.url('/fast.bin')}\n`,
  );
  const run = stage.get(['-i', list]);
  const done = await run.event('done');
  assert.match(done.path ?? '', /fast\.bin$/);
  const slow = run.events.filter(({ event, bytes = 0 }) => event === 'progress' && bytes < MIB);
  assert.ok(slow.length > 0);
  await stage.does('limit', 'none', '1');
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
});

test('the limit of a download is changed while it runs, both ways, and is remembered', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': FILE }, ratePerConnection: 2 * MIB });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url()]);
  await holds(run, MIB);
  await stage.does('limit', SLOW, '1');
  // It hears of it within a quarter of a second.
  await stage.does('ls');
  const before = fetchedBy(run);
  await meanwhile(t);
  assert.ok(fetchedBy(run) - before < 2 * MIB, `${fetchedBy(run) - before} bytes in spite of the limit`);
  await run.kill();

  const again = stage.run(['resume', '--json']);
  await again.until(() => again.events.some(({ event }) => event === 'progress'), 'progress');
  await meanwhile(t);
  assert.ok(fetchedBy(again) < MIB, `${fetchedBy(again)} bytes in spite of the limit it had`);
  await stage.does('limit', 'none', '1');
  await again.finishes(FILE.sha256);
});

test('the limit of a download in a room is changed while it runs, and taken away', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': FILE }, ratePerConnection: 2 * MIB });
  const stage = new QueueStage(t);
  const run = stage.run(['host', origin.url(), ...hosting(stage)]);
  await holds(run, MIB);
  await stage.does('limit', SLOW, '1');
  await stage.does('ls');
  const before = fetchedBy(run);
  await meanwhile(t);
  assert.ok(fetchedBy(run) - before < 2 * MIB, `${fetchedBy(run) - before} bytes in spite of the limit`);
  await stage.does('limit', 'none', '1');
  await run.finishes(FILE.sha256);
});

test('the limit for all processes of a user is shared by two, and taken away from both', async (t) => {
  const files = { '/a.bin': FILE, '/b.bin': knownFile('limited too', SIZE) };
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  await stage.does('limit', SLOW);
  const runs = ['/a.bin', '/b.bin'].map((path) => stage.get([origin.url(path)]));
  for (const run of runs) await holds(run, 1);
  await meanwhile(t);
  const fetched = runs.map(fetchedBy);
  assert.ok(fetched[0]! + fetched[1]! < MIB, `${fetched} bytes in spite of the limit`);
  await stage.does('limit', 'none');
  for (const run of runs) assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
});

test('--quota stops everything about there, keeps it, and the same command goes on', async (t) => {
  const files = { '/a.bin': FILE, '/b.bin': knownFile('limited too', SIZE) };
  await using origin = await startOrigin({ files, ratePerConnection: 4 * MIB });
  const stage = new QueueStage(t);
  const targets = [origin.url('/a.bin'), origin.url('/b.bin')];
  const run = stage.get([...targets, '--quota', '5M', '--no-lookup']);
  await run.fails('quota');
  const served = origin.servedBytes();
  assert.ok(served >= 5 * MIB && served <= 5 * MIB + 2 * SLACK, `${served} bytes were served`);
  const rows = await stage.listed();
  assert.deepEqual(
    rows.map(({ state }) => state),
    ['stopped', 'stopped'],
  );
  const kept = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(kept >= 4 * MIB, `${kept} bytes were kept`);

  const again = stage.get([...targets, '--no-lookup']);
  assert.equal(await again.exit(), 0, again.describe('ended otherwise'));
  assert.equal(finishedBy(again).length, 2);
  assert.ok(origin.servedBytes() <= 2 * SIZE + 3 * SLACK, `${origin.servedBytes()} bytes in all`);
});

test('--quota keeps all that has come, however fast it came', async (t) => {
  const files = { '/a.bin': FILE, '/b.bin': knownFile('limited too', SIZE) };
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  await stage
    .get([origin.url('/a.bin'), origin.url('/b.bin'), '--quota', '5M', '--no-lookup'])
    .fails('quota');
  const kept = (await stage.listed()).reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(kept >= 5 * MIB - 2 * PIECE_BYTES, `${kept} bytes were kept`);
});

test('--quota ends what a member fetches for a room, keeps it, and the same command goes on', async (t) => {
  await using origin = await startOrigin({ files: { '/a.bin': FILE }, ratePerConnection: 4 * MIB });
  const stage = new QueueStage(t);
  const run = stage.run(['host', origin.url(), ...hosting(stage), '--quota', '5M']);
  await run.fails('quota');
  const served = origin.servedBytes();
  assert.ok(served >= 5 * MIB && served <= 5 * MIB + SLACK, `${served} bytes were served`);
  await stage.run(['host', origin.url(), ...hosting(stage)]).finishes(FILE.sha256);
  assert.ok(origin.servedBytes() <= SIZE + 2 * SLACK, `${origin.servedBytes()} bytes in all`);
});

test('a quota that is spent ends a run in which something is paused', async (t) => {
  const files = { '/a.bin': FILE, '/b.bin': knownFile('limited too', SIZE) };
  await using origin = await startOrigin({ files, ratePerConnection: 2 * MIB });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url('/a.bin'), origin.url('/b.bin'), '--concurrent', '1', '--quota', '7M']);
  await holds(run, 1);
  await stage.does('pause', '2');
  await run.fails('quota');
  assert.deepEqual(
    (await stage.listed()).map(({ state }) => state),
    ['stopped', 'paused'],
  );
});
