import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_PIECES } from '../geometry.ts';
import { toRuns } from '../ranges.ts';
import { Availability } from './availability.ts';

const PIECES = 90;
const PEERS = ['ann', 'bob', 'cid'];
const anyPeer = fc.constantFrom(...PEERS);
const anyRun = fc
  .tuple(fc.nat(PIECES - 1), fc.integer({ min: 1, max: 20 }))
  .map(([start, length]) => ({ start, end: Math.min(start + length, PIECES) }));
const anyRuns = fc
  .uniqueArray(fc.nat(PIECES - 1), { maxLength: 20 })
  .map((pieces) => toRuns(pieces.sort((a, b) => a - b)));
const anyChange = fc.oneof(
  fc.record({ do: fc.constant('up' as const), peer: anyPeer }),
  fc.record({ do: fc.constant('down' as const), peer: anyPeer }),
  fc.record({ do: fc.constant('have' as const), peer: anyPeer, runs: anyRuns }),
  fc.record({ do: fc.constant('want' as const), piece: fc.nat(PIECES - 1), wanted: fc.boolean() }),
  fc.record({ do: fc.constant('want-run' as const), run: anyRun, wanted: fc.boolean() }),
  fc.record({ do: fc.constant('size' as const), pieces: fc.integer({ min: PIECES - 20, max: PIECES }) }),
);

test('what peers say of pieces that may not exist takes little memory until the number of pieces is known', () => {
  const availability = new Availability();
  availability.peerUp('a');
  assert.equal(availability.have('a', [{ start: 3, end: 2 ** 20 }]), true);
  assert.equal(availability.count(65_535), 1);
  assert.equal(availability.count(65_536), 0);
  availability.setPieceCount(2 ** 20);
  assert.equal(availability.have('a', [{ start: 3, end: 2 ** 20 }]), true);
  assert.equal(availability.count(2 ** 20 - 1), 1);
  assert.equal(availability.heldBy('a')?.count, 2 ** 20 - 3);
});

test('holders and candidates are what they would be if counted anew each time', () => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 40 }), (changes) => {
      const availability = new Availability();
      const held = new Map<string, Set<number>>();
      const wanted = new Set<number>();
      let limit = MAX_PIECES;
      for (const change of changes) {
        if (change.do === 'up') {
          availability.peerUp(change.peer);
          if (!held.has(change.peer)) held.set(change.peer, new Set());
        } else if (change.do === 'down') {
          availability.peerDown(change.peer);
          held.delete(change.peer);
        } else if (change.do === 'have') {
          const fits = change.runs.every((run) => run.end <= limit);
          assert.equal(availability.have(change.peer, change.runs), fits);
          if (!fits) continue;
          for (const { start, end } of change.runs) {
            for (let piece = start; piece < end; piece++) held.get(change.peer)?.add(piece);
          }
        } else if (change.do === 'want') {
          availability.want(change.piece, change.wanted);
          change.wanted ? wanted.add(change.piece) : wanted.delete(change.piece);
        } else if (change.do === 'want-run') {
          availability.wantRun(change.run, change.wanted);
          for (let piece = change.run.start; piece < change.run.end; piece++) {
            change.wanted ? wanted.add(piece) : wanted.delete(piece);
          }
        } else {
          if (change.pieces > limit) continue;
          limit = change.pieces;
          availability.setPieceCount(limit);
          for (const set of [wanted, ...held.values()]) {
            for (const piece of set) if (piece >= limit) set.delete(piece);
          }
        }
      }
      let candidates = 0;
      for (let piece = 0; piece < PIECES; piece++) {
        const holders = PEERS.filter((peer) => held.get(peer)?.has(piece));
        assert.deepEqual(availability.holders(piece).sort(), holders);
        assert.equal(availability.count(piece), holders.length);
        assert.equal(availability.isWanted(piece), wanted.has(piece));
        const level = wanted.has(piece) && holders.length > 0 ? holders.length : undefined;
        assert.equal(availability.candidates.levelOf(piece), level);
        if (level !== undefined) candidates++;
      }
      assert.equal(availability.candidates.size, candidates);
      for (const [peer, pieces] of held) {
        assert.equal(availability.usefulOf(peer), [...pieces].filter((piece) => wanted.has(piece)).length);
        assert.deepEqual(availability.heldBy(peer)!.runs(), toRuns([...pieces].sort((a, b) => a - b)));
        assert.equal(availability.isIncomplete(peer), pieces.size !== limit);
      }
    }),
    { numRuns: 500 },
  );
});

for (const [what, run] of Object.entries({
  'past the end': { start: 5, end: 11 },
  'without end': { start: 0, end: Number.POSITIVE_INFINITY },
  negative: { start: -1, end: 2 },
  backwards: { start: 6, end: 5 },
  'that are none': { start: 5, end: 5 },
  'told before': { start: 3, end: 5 },
  'that are no numbers': { start: Number.NaN, end: 7 },
})) {
  test(`news of pieces ${what} are refused whole`, () => {
    const availability = new Availability(10);
    availability.peerUp('ann');
    assert.equal(availability.have('ann', [{ start: 0, end: 4 }, run]), false);
    assert.equal(availability.heldBy('ann')!.count, 0);
  });
}

test('a message with too many runs is refused', () => {
  const availability = new Availability();
  availability.peerUp('ann');
  const runs = Array.from({ length: 70_000 }, (_, i) => ({ start: 2 * i, end: 2 * i + 1 }));
  assert.equal(availability.have('ann', runs), false);
  assert.equal(availability.have('ann', runs.slice(0, 1000)), true);
});

test('what a peer says before it is up is not kept', () => {
  const availability = new Availability(10);
  assert.equal(availability.have('ann', [{ start: 0, end: 4 }]), true);
  availability.peerUp('ann');
  assert.equal(availability.count(0), 0);
});

test('all members that lack a piece agree on the one that relays it', () => {
  const members = ['ann', 'bob', 'cid', 'dan', 'eve'];
  const relayed = new Map(members.map((member) => [member, 0]));
  const views = members.map((me) => {
    const availability = new Availability(1000);
    for (const peer of members.filter((other) => other !== me)) {
      availability.peerUp(peer);
      availability.have(peer, peer === 'eve' ? [{ start: 0, end: 1000 }] : [{ start: 999, end: 1000 }]);
    }
    return { me, availability };
  });
  for (let piece = 0; piece < 999; piece++) {
    const relays = views.filter(
      ({ me, availability }) => me !== 'eve' && availability.isRelay(me, piece, 2 ** 20),
    );
    assert.equal(relays.length, 1);
    relayed.set(relays[0]!.me, relayed.get(relays[0]!.me)! + 1);
  }
  for (const member of members.slice(0, 4)) {
    assert.ok(relayed.get(member)! > 180 && relayed.get(member)! < 320, `${member}: ${relayed.get(member)}`);
  }
});

test('a peer that may not be after the download is not counted on to relay', () => {
  const availability = new Availability(100);
  availability.peerUp('bystander');
  for (let piece = 0; piece < 100; piece++) assert.equal(availability.isRelay('me', piece, 2 ** 20), true);
});
