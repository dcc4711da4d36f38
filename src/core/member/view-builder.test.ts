import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import { undecided } from './statuses.ts';

const PIECE = 256 * 1024;

test('the view shows this member first, the others by seniority, and what each of them does', () => {
  const world = new SmallWorld();
  const a = world.add('m', 1);
  world.meet(a, 'z');
  world.meet(a, 'b');
  world.open(a);
  const status = { ...undecided('d0'), phase: 'downloading', heldBytes: 5, originRate: 7 } as const;
  world.say('b', a, { type: 'status', downloads: [status] });
  const view = a.core.view(world.nowMs);
  assert.deepEqual(
    view.members.map(({ id, isMe, connected }) => [id, isMe, connected]),
    [
      ['m', true, true],
      ['z', false, true],
      ['b', false, true],
    ],
  );
  assert.deepEqual([view.members[2]?.heldBytes, view.members[2]?.phase], [5, 'downloading']);
  assert.deepEqual(view.room, { id: 'room', invite: 'invite', coordinator: 'm', epoch: 1 });
});

test('the pieces are told as runs: held here with their signer, arriving, held by others', () => {
  const world = new SmallWorld();
  const a = world.add('m', 1);
  world.meet(a, 'x');
  a.intercept = (command) => command.type === 'pull' || command.type === 'fetch';
  const held = [0, 1].map((piece) => ({
    piece,
    sha256: new Uint8Array(32),
    signer: 'm',
    signature: new Uint8Array(64),
  }));
  world.tell(a, { type: 'add-download', offer: world.offer, held, maxConnections: 4 });
  world.say('x', a, { type: 'have', download: 'd0', runs: [{ start: 0, end: 6 }], records: [] });
  const [download] = a.core.view(0).downloads;
  assert.equal(download!.pieceCount, 17);
  assert.deepEqual(download!.pieces[0], { start: 0, end: 2, kind: 'held', by: 'm' });
  assert.equal(download!.pieces.at(-1)!.end, 6);
  assert.ok(download!.pieces.some(({ kind }) => kind === 'active'));
});

test('what is left is estimated at the pace of the room, and unknown without one', () => {
  const world = new SmallWorld();
  const a = world.add('m', 1);
  world.meet(a, 'x');
  world.tell(a, { type: 'add-download', offer: world.offer, held: [], maxConnections: 4 });
  assert.equal(a.core.view(0).downloads[0]!.leftMs, undefined);
  world.say('x', a, {
    type: 'status',
    downloads: [{ ...undecided('d0'), originRate: PIECE, originBytes: 9 }],
  });
  const [download] = a.core.view(0).downloads;
  assert.equal(download!.leftMs, (world.sizeBytes / PIECE) * 1000);
  assert.equal(download!.roomOriginBytes, 9);
});

test('no secret of a URL is shown', () => {
  for (const [url, shown] of [
    ['https://x/f?token=1#k', 'https://x/f'],
    ['https://user:pass@x/f', 'https://x/f'],
    ['https://user:p@ss@x/f', 'https://x/f'],
    ['https://x/a@b', 'https://x/a@b'],
  ] as const) {
    const world = new SmallWorld(sampleOffer({ url }));
    const a = world.add('m', 1);
    world.tell(a, { type: 'add-download', offer: world.offer, held: [], maxConnections: 4 });
    assert.equal(a.core.view(0).downloads[0]!.url, shown);
  }
});
