import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Buckets } from './buckets.ts';
import { choosePulls, type PullInput, type PullPeer, queueBytesFor } from './policy.ts';

const MIB = 1024 * 1024;

interface PeerSketch {
  readonly id?: string;
  readonly pieces: Iterable<number>;
  readonly rate?: number;
  readonly queuedBytes?: number;
  readonly recentBytes?: number;
  readonly activePulls?: number;
}

/** An input in which all pieces that somebody holds are wanted. */
function input(sketches: readonly PeerSketch[], more: Partial<PullInput> = {}): PullInput {
  const pieceBytes = more.pieceBytes ?? MIB;
  const candidates = new Buckets();
  const peers = sketches.map((sketch, i): PullPeer => {
    const pieces = new Set(sketch.pieces);
    for (const piece of pieces) candidates.put(piece, (candidates.levelOf(piece) ?? 0) + 1);
    const rate = sketch.rate ?? 0;
    return {
      id: sketch.id ?? `peer ${i}`,
      queuedBytes: sketch.queuedBytes ?? 0,
      activePulls: sketch.activePulls ?? 0,
      maxQueueBytes: queueBytesFor(rate, pieceBytes),
      rate,
      recentBytes: sketch.recentBytes ?? 0,
      useful: pieces.size,
      has: (piece) => pieces.has(piece),
    };
  });
  return { candidates, peers, pieceBytes, random: () => 0, ...more };
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, piece) => piece);

test('nothing is asked of anyone when nobody has anything of use', () => {
  assert.deepEqual(choosePulls(input([{ pieces: [] }])), []);
  assert.deepEqual(choosePulls(input([])), []);
});

test('the rarest piece is asked for first', () => {
  const choices = choosePulls(input([{ pieces: [0, 1, 2] }, { pieces: [0, 2] }, { pieces: [0] }]));
  assert.deepEqual(choices[0], { from: 'peer 0', run: { start: 1, end: 2 } });
});

test('chance decides between pieces that are equally rare', () => {
  const first = (random: number): number =>
    choosePulls(input([{ pieces: upTo(10) }], { random: () => random }))[0]!.run.start;
  assert.deepEqual([0, 0.5, 0.99].map(first), [0, 5, 9]);
});

test('a peer that is through sooner is asked', () => {
  const slowAndIdle = { id: 'slow', pieces: [0], rate: MIB, queuedBytes: MIB };
  const fastAndBusy = { id: 'fast', pieces: [0], rate: 100 * MIB, queuedBytes: 10 * MIB };
  assert.equal(choosePulls(input([slowAndIdle, fastAndBusy]))[0]!.from, 'fast');
});

test('of peers that are alike the one that sent less lately is asked', () => {
  const peers = [10, 3, 7].map((mib) => ({ pieces: [0], rate: 10 * MIB, recentBytes: mib * MIB }));
  assert.equal(choosePulls(input(peers))[0]!.from, 'peer 1');
});

test('a peer that has not been tried gets its chance', () => {
  const peers = [{ pieces: [0], rate: 50 * MIB, recentBytes: MIB }, { pieces: [0] }];
  assert.equal(choosePulls(input(peers))[0]!.from, 'peer 1');
});

test('two pieces are asked of a peer of unknown rate, and no third', () => {
  const choices = choosePulls(input([{ pieces: upTo(100) }]));
  assert.deepEqual(
    choices.map(({ run }) => run.end - run.start),
    [1, 1],
  );
});

test('a queue is filled up when half of it has come in', () => {
  const peer = { pieces: upTo(100), rate: 8 * MIB };
  assert.deepEqual(choosePulls(input([{ ...peer, queuedBytes: 4 * MIB }])).length, 0);
  assert.deepEqual(choosePulls(input([{ ...peer, queuedBytes: 2 * MIB }])).length, 1);
});

test('small pieces that follow one another are asked for together, up to 4 MiB', () => {
  const choices = choosePulls(input([{ pieces: upTo(1000), rate: 40 * MIB }], { pieceBytes: MIB / 4 }));
  assert.ok(choices.every(({ run }) => run.end - run.start <= 16));
  assert.deepEqual(choices[0], { from: 'peer 0', run: { start: 0, end: 16 } });
});

test('the last pieces are spread over the peers that hold them', () => {
  const peers = upTo(4).map(() => ({ pieces: upTo(8), rate: 100 * MIB }));
  const choices = choosePulls(input(peers, { pieceBytes: MIB / 4 }));
  assert.equal(new Set(choices.map(({ from }) => from)).size, 4);
});

test('no peer gets more than eight pulls', () => {
  const pieces = upTo(1000).map((n) => 2 * n);
  assert.equal(choosePulls(input([{ pieces, rate: 1000 * MIB, activePulls: 3 }])).length, 5);
});

test('what is asked of all together has a limit, which pulls from other peers count towards', () => {
  const peers = upTo(20).map((i) => ({ pieces: upTo(1000).map((n) => n * 20 + i), rate: 1000 * MIB }));
  const bytes = (others: number): number =>
    MIB *
    choosePulls(input(peers, { otherQueuedBytes: others })).reduce(
      (sum, { run }) => sum + run.end - run.start,
      0,
    );
  assert.equal(bytes(0), 64 * MIB);
  assert.equal(bytes(50 * MIB), 14 * MIB);
  assert.equal(bytes(100 * MIB), 0);
});

test('a piece with one holder is left to the member that is to relay it', () => {
  const isRelay = (piece: number): boolean => piece === 7;
  const choices = choosePulls(input([{ pieces: upTo(10) }], { isRelay }));
  assert.deepEqual(choices, [{ from: 'peer 0', run: { start: 7, end: 8 } }]);
});

test('a piece for others to relay is asked for when its holder has nothing else to do here', () => {
  const isRelay = (): boolean => false;
  assert.equal(choosePulls(input([{ pieces: [3] }], { isRelay })).length, 1);
  assert.equal(choosePulls(input([{ pieces: [3], queuedBytes: 1, activePulls: 1 }], { isRelay })).length, 0);
});

test('a piece with several holders is anybody’s', () => {
  const busy = { pieces: [3], queuedBytes: 1, activePulls: 1, rate: 10 * MIB };
  assert.equal(choosePulls(input([busy, busy], { isRelay: () => false })).length, 1);
});

test('choices name wanted pieces that their holders have, once each, and leave no queue over its limit', () => {
  const anyPeer = fc.record({
    pieces: fc.array(fc.nat(60), { maxLength: 60 }),
    rate: fc.nat(100 * MIB),
    queuedBytes: fc.nat(20 * MIB),
    recentBytes: fc.nat(20 * MIB),
    activePulls: fc.nat(9),
  });
  fc.assert(
    fc.property(
      fc.array(anyPeer, { maxLength: 6 }),
      fc.constantFrom(MIB / 4, MIB, 16 * MIB),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      fc.func(fc.boolean()),
      (sketches, pieceBytes, chance, isRelay) => {
        const given = input(sketches, { pieceBytes, random: () => chance.next().value!, isRelay });
        const seen = new Set<number>();
        const queued = new Map(given.peers.map((peer) => [peer.id, peer.queuedBytes]));
        for (const { from, run } of choosePulls(given)) {
          const peer = given.peers.find(({ id }) => id === from)!;
          assert.ok(run.start < run.end);
          for (let piece = run.start; piece < run.end; piece++) {
            assert.ok(peer.has(piece) && given.candidates.levelOf(piece) !== undefined && !seen.has(piece));
            seen.add(piece);
          }
          queued.set(from, queued.get(from)! + (run.end - run.start) * pieceBytes);
          assert.ok(queued.get(from)! <= peer.maxQueueBytes);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a peer with room and something of use is never left idle', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(40), { maxLength: 20 }), { maxLength: 5 }), (holdings) => {
      const given = input(holdings.map((pieces) => ({ pieces })));
      const choices = choosePulls(given);
      const chosen = new Set(choices.map(({ run }) => run.start));
      for (const [i, pieces] of holdings.entries()) {
        const idle = choices.every(({ from }) => from !== `peer ${i}`);
        if (idle)
          assert.ok(
            pieces.every((piece) => chosen.has(piece)),
            `peer ${i} could send more`,
          );
      }
    }),
  );
});
