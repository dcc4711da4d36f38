import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { heldBytes, untilHeld } from './support/journal.ts';
import { Stage } from './support/stage.ts';
import { together } from './support/together.ts';

/** A small file may cost this much more than its size: duplicates of the endgame, and a byte for each look at it. */
const OVERHEAD = 1.05;

test('two members share a download: right bytes for both, each byte from the origin about once', async (t) => {
  const file = knownFile('two', 16 * MIB);
  await using origin = await startOrigin({ files: { '/two.bin': file }, ratePerConnection: 4 * MIB });
  origin.holdUntilAsked(2);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite());
  const results = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);

  assert.equal(host.events[0]?.event, 'invite', 'the invite comes first');
  for (const result of results) {
    assert.ok(result.lanBytes > 0, 'bytes came from the other');
    assert.ok(result.originBytes > 0, 'bytes came from the origin');
    assert.equal(result.trust, 'room-consistent (0% audited)');
  }
  const served = origin.servedBytes();
  assert.ok(served >= 16 * MIB && served <= OVERHEAD * 16 * MIB, `${served} bytes were served`);
  assert.equal((await host.event('member', { change: 'joined' })).name, 'bob');
  assert.equal((await joiner.event('member', { change: 'joined' })).name, 'ada');
});

test('three members share a download', async (t) => {
  const file = knownFile('three', 18 * MIB);
  await using origin = await startOrigin({ files: { '/three.bin': file }, ratePerConnection: 3 * MIB });
  origin.holdUntilAsked(3);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const invite = await host.invite();
  const members = [host, stage.join('bob', invite), stage.join('cyd', invite)];
  const results = await Promise.all(members.map((member) => member.finishes(file.sha256)));

  for (const result of results) assert.ok(result.lanBytes > 0 && result.originBytes > 0);
  assert.ok(origin.servedBytes() <= OVERHEAD * 18 * MIB, `${origin.servedBytes()} bytes were served`);
});

test('a member that joins at half gets what is there over the LAN', async (t) => {
  const file = knownFile('late', 16 * MIB);
  await using origin = await startOrigin({ files: { '/late.bin': file }, ratePerConnection: 4 * MIB });
  origin.holdAfter(8.5 * MIB);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const invite = await host.invite();
  await untilHeld(stage, host, 8 * MIB);
  const late = stage.join('bob', invite);
  await together(host, late);
  const wasThere = heldBytes(stage, 'ada');
  origin.release();
  const [, result] = await Promise.all([host.finishes(file.sha256), late.finishes(file.sha256)]);

  assert.ok(result.lanBytes >= wasThere, `${result.lanBytes} bytes came over the LAN of ${wasThere}`);
  assert.ok(origin.servedBytes() <= OVERHEAD * 16 * MIB, `${origin.servedBytes()} bytes were served`);
});

test('a member that stays gives everything to one that comes after the end', async (t) => {
  const file = knownFile('stay', 6 * MIB);
  await using origin = await startOrigin({ files: { '/stay.bin': file } });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url(), { args: ['--stay'] });
  const invite = await host.invite();
  await host.has(file.sha256);
  const before = origin.servedBytes();
  const result = await stage.join('bob', invite).finishes(file.sha256);

  assert.equal(result.lanBytes, 6 * MIB);
  assert.equal(result.originBytes, 0);
  assert.ok(origin.servedBytes() - before <= 1024, 'the joiner did no more than look at the file');
  host.signal('SIGTERM');
  assert.equal(await host.exit(), 0, host.describe('was done before it was stopped'));
});

test('a member that may not reach the origin gets everything over the LAN', async (t) => {
  const file = knownFile('inside', 6 * MIB);
  await using origin = await startOrigin({ files: { '/inside.bin': file }, ratePerConnection: 4 * MIB });
  origin.hold();
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite(), { allowPrivate: false });
  await together(host, joiner);
  origin.release();
  const [, result] = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);

  assert.equal(result.lanBytes, 6 * MIB);
  assert.equal(result.originBytes, 0);
  assert.match(joiner.log, /--allow-private/, 'it says how to let it reach the origin');
});
