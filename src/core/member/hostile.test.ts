import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHash } from '../../testing/member/fake-disk.ts';
import { besieged, grant, PIECE, STRANGE, signature } from '../../testing/member/hostile-speech.ts';
import { SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import { signersOf } from '../../testing/member/speech.ts';
import type { PieceRecord } from '../messages.ts';

test('grants of strange ranges neither throw nor keep a member from its file', () => {
  for (const lease of STRANGE) {
    const { world, a } = besieged();
    world.say('evil', a, grant(lease));
    world.say('evil', a, grant({ ...lease, lease: 6 * 2 ** 20 + 1 }));
    assert.ok(world.finishes(120_000, a), JSON.stringify(lease));
  }
});

test('the same holds while the size is unknown, and when it becomes known', () => {
  for (const lease of STRANGE) {
    const { world, a } = besieged(
      sampleOffer({
        ranges: false,
        identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
      }),
    );
    world.say('evil', a, grant(lease));
    world.run(20);
    world.say('evil', a, grant({ ...lease, lease: 6 * 2 ** 20 + 1 }));
    assert.ok(world.finishes(120_000, a), JSON.stringify(lease));
  }
});

test('a record of a piece that the file does not have is passed over', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.open(a);
  world.meet(a, 'evil');
  const record = (piece: number): PieceRecord => ({
    piece,
    sha256: fakeHash(piece, 1, 'bad'),
    signer: 'evil',
    signature,
  });
  world.say('evil', a, {
    type: 'have',
    download: 'd0',
    runs: [],
    records: [record(1000), record(2 ** 20 - 1), record(3)],
  });
  assert.ok(world.finishes(60_000, a));
  assert.ok(a.commands.some((command) => command.type === 'drop' && command.peer === 'evil'));
});

test('what a liar had signed is given up and fetched again', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'evil');
  world.originStepMs = 50;
  world.open(a);
  const lie = (piece: number): PieceRecord => ({
    piece,
    sha256: fakeHash(piece, PIECE, 'evil'),
    signer: 'evil',
    signature,
  });
  a.intercept = (command) => {
    if (command.type !== 'pull') return false;
    const { pull, start, end, download } = command;
    world.later(1, () => {
      a.disk.write(start, end, 'evil');
      world.tell(a, { type: 'pull-bytes', download, pull, start, end });
      world.tell(a, { type: 'pull-ended', download, pull, outcome: 'complete' });
    });
    return true;
  };
  const lies = [9, 10, 11].map(lie);
  world.say('evil', a, { type: 'have', download: 'd0', runs: [{ start: 9, end: 12 }], records: lies });
  const isOwn = (piece: number) => a.core.facts.recordOf('d0', piece)?.signer === 'a';
  assert.ok(
    world.run(5_000, () => isOwn(0) && a.core.view(world.nowMs).downloads[0]!.heldBytes >= 4 * PIECE),
  );
  world.say('evil', a, { type: 'have', download: 'd0', runs: [], records: [lie(0)] });
  assert.ok(world.finishes(60_000, a));
  const unkept = a.commands
    .filter(({ type }) => type === 'unkeep')
    .map((command) => 'piece' in command && command.piece);
  assert.deepEqual(unkept, [9, 10, 11]);
  assert.equal(a.disk.read(0, world.sizeBytes), 'good');
  assert.deepEqual(signersOf(a), new Set(['a']));
});

test('a liar that is found out when the file is being finished still counts as a signer', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'evil');
  const records = Array.from({ length: 8 }, (_, piece): PieceRecord => {
    return { piece, sha256: fakeHash(piece, PIECE), signer: 'evil', signature };
  });
  a.intercept = (command) => command.type === 'finish';
  for (let piece = 0; piece < 8; piece++) a.disk.write(piece * PIECE, (piece + 1) * PIECE, 'good');
  world.open(a, world.offer, records);
  assert.ok(world.run(60_000, () => a.core.view(world.nowMs).downloads[0]!.phase === 'checking'));
  const lie = { piece: 9, sha256: fakeHash(9, PIECE, 'evil'), signer: 'evil', signature };
  world.say('evil', a, { type: 'have', download: 'd0', runs: [], records: [lie] });
  world.tell(a, { type: 'finished', download: 'd0' });
  assert.deepEqual(signersOf(a), new Set(['evil', 'a']));
  assert.ok(!a.commands.some(({ type }) => type === 'unkeep'));
});
