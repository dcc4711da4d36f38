import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { heldBytes, PIECE_BYTES, untilHeld } from './support/journal.ts';
import { Stage } from './support/stage.ts';
import { together } from './support/together.ts';

/** With so much more sent, and then held, what a run is to have is on disk: the rest is the beginning of a piece for each connection. */
const ON_ITS_WAY = MIB;

/**
 * What all runs together may fetch: a kill loses the pieces that were on their way, one for each connection, and what
 * the sockets held.
 */
function allowance(sizeBytes: number, connections: number): number {
  return 1.06 * sizeBytes + 2 * connections * PIECE_BYTES;
}

test('get goes on after kill -9 without fetching known pieces again', async (t) => {
  const file = knownFile('resume', 12 * MIB);
  await using origin = await startOrigin({ files: { '/resume.bin': file }, ratePerConnection: 1.5 * MIB });
  const stage = new Stage(t);
  for (const bytes of [3 * MIB, 7 * MIB]) {
    origin.holdAfter(bytes + ON_ITS_WAY - heldBytes(stage, 'ada'));
    const run = stage.get('ada', origin.url(), { connections: 2 });
    await untilHeld(stage, run, bytes);
    await run.kill();
    origin.release();
  }
  const { trust } = await stage.get('ada', origin.url(), { connections: 2 }).finishes(file.sha256);

  assert.equal(trust, 'self-verified');
  const total = origin.servedBytes();
  assert.ok(total <= allowance(12 * MIB, 4), `${total} bytes were served in all`);
});

test('get goes on after Ctrl-C', async (t) => {
  const file = knownFile('interrupt', 8 * MIB);
  await using origin = await startOrigin({ files: { '/interrupt.bin': file }, ratePerConnection: 3 * MIB });
  origin.holdAfter(3 * MIB + ON_ITS_WAY);
  const stage = new Stage(t);
  const first = stage.get('ada', origin.url());
  await untilHeld(stage, first, 3 * MIB);
  first.signal('SIGINT');
  assert.equal(await first.exit(), 130);
  origin.release();
  const { originBytes } = await stage.get('ada', origin.url()).finishes(file.sha256);

  assert.ok(originBytes <= 5 * MIB, `${originBytes} bytes were fetched by the second run`);
  const total = origin.servedBytes();
  assert.ok(total <= allowance(8 * MIB, 1), `${total} bytes were served in all`);
});

test('a room member that was killed comes back to the same room and goes on', async (t) => {
  const file = knownFile('comeback', 16 * MIB);
  await using origin = await startOrigin({ files: { '/comeback.bin': file }, ratePerConnection: 2 * MIB });
  origin.holdUntilAsked(2);
  origin.holdAfter(6 * MIB + 2 * ON_ITS_WAY);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const invite = await host.invite();
  const first = stage.join('bob', invite);
  await untilHeld(stage, first, 6 * MIB);
  await first.kill();
  const wasHeld = heldBytes(stage, 'bob');
  const again = stage.join('bob', invite);
  await again.event('member', { change: 'joined', name: 'ada' });
  origin.release();
  const [, result] = await Promise.all([host.finishes(file.sha256), again.finishes(file.sha256)]);

  const fetched = result.originBytes + result.lanBytes;
  assert.ok(fetched <= 16 * MIB - wasHeld + 4 * PIECE_BYTES, `${fetched} bytes after ${wasHeld} were held`);
  const total = origin.servedBytes();
  assert.ok(total <= allowance(16 * MIB, 4), `${total} bytes were served in all`);
});

test('the host goes on in a new room where a killed one had stopped', async (t) => {
  const file = knownFile('rehost', 8 * MIB);
  await using origin = await startOrigin({ files: { '/rehost.bin': file }, ratePerConnection: 3 * MIB });
  origin.holdAfter(4 * MIB + ON_ITS_WAY);
  const stage = new Stage(t);
  const first = stage.host('ada', origin.url());
  await untilHeld(stage, first, 4 * MIB);
  await first.kill();
  origin.release();
  origin.hold();
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite());
  await together(host, joiner);
  origin.release();
  const results = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);

  assert.ok(results[1].lanBytes >= 4 * MIB - PIECE_BYTES, 'what was on disk is passed on');
  const total = origin.servedBytes();
  assert.ok(total <= allowance(8 * MIB, 3), `${total} bytes were served in all`);
});

test('a part that was damaged on disk is fetched again where it was damaged', async (t) => {
  const file = knownFile('damaged', 6 * MIB);
  await using origin = await startOrigin({ files: { '/damaged.bin': file }, ratePerConnection: 3 * MIB });
  origin.holdAfter(3 * MIB + ON_ITS_WAY);
  const stage = new Stage(t);
  const first = stage.get('ada', origin.url());
  await untilHeld(stage, first, 3 * MIB);
  await first.kill();
  origin.release();
  const part = join(first.directory, 'damaged.bin.dragonload');
  const bytes = await readFile(part);
  bytes[PIECE_BYTES + 17]! ^= 1;
  await writeFile(part, bytes);

  await stage.get('ada', origin.url()).finishes(file.sha256);
  assert.ok(
    origin.servedBytes() <= allowance(6 * MIB, 2),
    `${origin.servedBytes()} bytes were served in all`,
  );
});

test('a different file of the same name is never overwritten: the new one gets a number', async (t) => {
  const file = knownFile('taken', MIB);
  await using origin = await startOrigin({ files: { '/taken.bin': file } });
  const stage = new Stage(t);
  const mine = join(stage.directory('ada'), 'taken.bin');
  await writeFile(mine, 'my own words');
  const { path } = await stage.get('ada', origin.url()).finishes(file.sha256);

  assert.equal(basename(path), 'taken (1).bin');
  assert.equal(await readFile(mine, 'utf8'), 'my own words');
});

test('two processes that want the same part: one works, the other says so', async (t) => {
  const file = knownFile('busy', 6 * MIB);
  await using origin = await startOrigin({ files: { '/busy.bin': file }, ratePerConnection: 3 * MIB });
  origin.holdAfter(2 * MIB);
  const stage = new Stage(t);
  const first = stage.get('ada', origin.url());
  await untilHeld(stage, first, MIB);
  await stage.get('ada', origin.url()).fails('part-busy');
  origin.release();
  await first.finishes(file.sha256);
});
