import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakeHash } from '../../testing/member/fake-disk.ts';
import { type Actor, SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import { have, of, recordBy, signersOf } from '../../testing/member/speech.ts';
import { OWN_LEASES } from '../fetching/lease-book.ts';
import type { Lease, Message, Offer, PieceRecord } from '../messages.ts';

const PIECE = 256 * 1024;
const signature = new Uint8Array(64);

/** A member at work, and a stranger in its room that has made itself coordinator. */
function besieged(offer = sampleOffer()): { world: SmallWorld; a: Actor } {
  const world = new SmallWorld(offer);
  const a = world.add('a', 1);
  world.meet(a, 'evil');
  world.say('evil', a, { type: 'coordinate', epoch: 5, seniority: 1 });
  world.open(a);
  return { world, a };
}

function grant(lease: Partial<Lease>, epoch = 5): Message {
  return {
    type: 'grant',
    epoch,
    download: 'd0',
    lease: { lease: 6 * 2 ** 20, kind: 'run', owner: undefined, start: 0, end: PIECE, ...lease },
  };
}

const STRANGE: readonly Partial<Lease>[] = [
  { start: 17 * PIECE, end: 18 * PIECE },
  { start: 16 * PIECE, end: 18 * PIECE },
  { start: 0, end: 2 ** 44 },
  { start: 0, end: Number.MAX_SAFE_INTEGER },
  { start: 2 ** 44 - 1, end: 2 ** 44 },
  { start: PIECE, end: PIECE },
  { start: 2 * PIECE, end: PIECE },
  { start: -PIECE, end: PIECE },
  { start: 5, end: 7 },
  { start: 0.5, end: 1.5 },
  { start: Number.NaN, end: Number.NaN },
  { kind: 'tail', owner: 'nobody', start: 0, end: 10 * PIECE },
  { kind: 'tail', owner: 'evil', start: 17 * PIECE, end: 18 * PIECE },
  { kind: 'tail', owner: 'a', start: PIECE + 10, end: 2 * PIECE - 10 },
  { kind: 'tail', owner: undefined, start: PIECE + 10, end: 2 * PIECE },
  { lease: OWN_LEASES + 1 },
  { lease: Number.MAX_SAFE_INTEGER },
];

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

test('where a file ends is the word of whoever said so', () => {
  const offer = sampleOffer({ identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined } });
  const empty = { ...offer, identity: { ...offer.identity, sizeBytes: 0 } };
  const world = new SmallWorld(offer);
  const a = world.add('a', 1);
  world.meet(a, 'evil');
  world.tell(a, { type: 'add-download', offer, held: [], maxConnections: 4 });
  world.say('evil', a, empty);
  assert.ok(world.finishes(60_000, a));
  assert.deepEqual(signersOf(a), new Set(['evil']));
});

test('a size that became known before a download was accepted counts, and cuts its part file', () => {
  const offer = sampleOffer({ identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined } });
  const world = new SmallWorld(offer);
  const a = world.add('a');
  a.intercept = (command) => command.type === 'offered';
  world.meet(a, 'host');
  world.say('host', a, { type: 'coordinate', epoch: 1, seniority: 1 });
  world.say('host', a, offer);
  world.say('host', a, { ...offer, identity: { ...offer.identity, sizeBytes: world.sizeBytes } });
  world.open(a);
  const sizes = a.commands.filter(({ type }) => type === 'set-size');
  assert.deepEqual(sizes, [{ type: 'set-size', download: 'd0', sizeBytes: world.sizeBytes }]);
  assert.ok(world.finishes(60_000, a));
  assert.deepEqual(signersOf(a), new Set(['host', 'a']));
});

test('the size of an offer is the word of the room until this member has found it at the origin', () => {
  for (const hasProbed of [false, true]) {
    const world = new SmallWorld();
    const a = world.add('a');
    a.intercept = (command) => command.type === 'offered';
    world.meet(a, 'host', { content: 'good', recordOf: recordBy('x') });
    world.say('host', a, { type: 'coordinate', epoch: 1, seniority: 1 });
    world.say('host', a, world.offer);
    world.tell(a, { type: 'add-download', offer: world.offer, held: [], maxConnections: 4 });
    if (hasProbed) world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
    world.say('host', a, have(0, 17));
    assert.ok(world.finishes(60_000, a));
    assert.deepEqual(signersOf(a), new Set(hasProbed ? ['x'] : ['host', 'x']));
  }
});

test('no size that another member names can be beyond what can be cut', () => {
  for (const sizeBytes of [2 ** 44, Number.MAX_SAFE_INTEGER, -1, 0.5, Number.NaN]) {
    const offer = sampleOffer({
      ranges: false,
      identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
    });
    const world = new SmallWorld(offer);
    const a = world.add('a', 1);
    world.open(a);
    world.meet(a, 'evil');
    world.say('evil', a, { ...offer, pieceBytes: 1 << 24, identity: { ...offer.identity, sizeBytes } });
    assert.ok(world.finishes(60_000, a), String(sizeBytes));
  }
});

test('thousands of downloads that nobody offered leave room for the real one', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'evil');
  for (let i = 0; i < 5000; i++) {
    world.say('evil', a, { type: 'have', download: `x${i}`, runs: [{ start: 0, end: 3 }], records: [] });
  }
  world.open(a);
  assert.ok(world.finishes(60_000, a));
});

test('a coordinator cannot make a member ask its user about downloads without end', () => {
  const world = new SmallWorld();
  const a = world.add('a');
  world.meet(a, 'evil');
  a.intercept = (command) => command.type === 'offered';
  world.say('evil', a, { type: 'coordinate', epoch: 1, seniority: 1 });
  for (let i = 0; i < 5000; i++) world.say('evil', a, sampleOffer({ download: `x${i}`, order: i }));
  const offered = a.commands.filter(({ type }) => type === 'offered').length;
  assert.ok(offered <= 256, `${offered}`);
});

test('grants and revokes of others than the coordinator, or of an old epoch, are ignored', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  a.intercept = (command) => command.type === 'fetch';
  world.meet(a, 'evil');
  world.tell(a, { type: 'add-download', offer: world.offer, held: [], maxConnections: 4 });
  world.say('evil', a, grant({}, 1));
  world.say('evil', a, { type: 'coordinate', epoch: 5, seniority: 1 });
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
  world.say('evil', a, grant({}, 4));
  world.say('evil', a, grant({}, 6));
  assert.deepEqual(
    a.commands.filter(({ type }) => type === 'fetch'),
    [],
  );
  world.say('evil', a, grant({}, 5));
  assert.equal(a.commands.filter(({ type }) => type === 'fetch').length, 1);
  world.say('evil', a, { type: 'revoke', epoch: 4, download: 'd0', lease: 6 * 2 ** 20, end: 0 });
  assert.deepEqual(
    a.commands.filter(({ type }) => type === 'trim'),
    [],
  );
  world.say('evil', a, { type: 'revoke', epoch: 5, download: 'd0', lease: 6 * 2 ** 20, end: 0 });
  assert.equal(a.commands.filter(({ type }) => type === 'trim').length, 1);
});

test('a claim with an epoch out of all proportion does not end the line of epochs', () => {
  const world = new SmallWorld();
  const a = world.add('a', 2);
  const b = world.add('b', 1);
  world.open(b);
  world.connect(a, b);
  world.meet(a, 'evil');
  world.say('evil', a, { type: 'coordinate', epoch: Number.MAX_SAFE_INTEGER, seniority: 1 });
  assert.ok(world.finishes(60_000, a, b));
  const { room } = a.core.view(world.nowMs);
  assert.ok(Number.isSafeInteger(room!.epoch + 1));
});

const offset = fc.oneof(
  fc.constantFrom(0, PIECE, 2 * PIECE, 16 * PIECE, 16 * PIECE + 1000, 17 * PIECE, 2 ** 44, -1, Number.NaN),
  fc.integer({ min: 0, max: 17 * PIECE }),
);
const leaseId = fc.constantFrom(0, 1, 6 * 2 ** 20, 6 * 2 ** 20 + 1, OWN_LEASES, OWN_LEASES + 1);
const piece = fc.constantFrom(0, 1, 2, 15, 16, 17, 2 ** 20 - 1);
const runs = fc.array(fc.record({ start: piece, end: piece }), { maxLength: 3 });
const download = fc.constantFrom('d0', 'd1');
const epoch = fc.constantFrom(0, 1, 5, 6);
const aRecord = fc.record({
  piece,
  sha256: piece.map((n) => fakeHash(n, PIECE, 'bad')),
  signer: fc.constantFrom('evil', 'a', 'other'),
  signature: fc.constant(signature),
});
const anOffer = fc
  .record({
    download,
    sizeBytes: fc.option(offset, { nil: undefined }),
    pieceBytes: fc.constantFrom(PIECE, 1 << 24),
  })
  .map(
    ({ sizeBytes, ...rest }): Offer =>
      sampleOffer({ ...rest, identity: { ...sampleOffer().identity, sizeBytes } }),
  );
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('coordinate' as const), epoch, seniority: fc.integer({ min: 1, max: 9 }) }),
  anOffer,
  fc.record({
    type: fc.constant('have' as const),
    download,
    runs,
    records: fc.array(aRecord, { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('fragment' as const), download, start: offset, end: offset }),
  fc.record({
    type: fc.constant('grant' as const),
    epoch,
    download,
    lease: fc.record({
      lease: leaseId,
      kind: fc.constantFrom('run' as const, 'tail' as const),
      owner: fc.constantFrom('a', 'evil', 'nobody', undefined),
      start: offset,
      end: offset,
    }),
  }),
  fc.record({ type: fc.constant('revoke' as const), epoch, download, lease: leaseId, end: offset }),
  fc.record({
    type: fc.constant('report' as const),
    epoch,
    download,
    originRate: fc.constantFrom(0, 1e6, Number.NaN, 1e300),
    canFetch: fc.boolean(),
    wants: fc.constantFrom(0, 2, 1e9, -1),
    seenLease: leaseId,
    leases: fc.array(fc.record({ lease: leaseId, start: offset, end: offset, receivedBytes: offset }), {
      maxLength: 3,
    }),
  }),
  fc.constant<Message>({ type: 'status', downloads: [] }),
  fc
    .record({
      epoch,
      seniority: fc.integer({ min: 1, max: 9 }),
      present: fc.boolean(),
      id: fc.constantFrom('a', 'evil', 'x'),
    })
    .map(
      ({ epoch, ...entry }): Message => ({
        type: 'roster',
        epoch,
        members: [{ name: 'x', addresses: ['x:1'], certificate: new Uint8Array(), ...entry }],
      }),
    ),
);

test('whatever a member says, nothing throws, and who hears it has its file in the end', () => {
  const run = fc.record({
    unknownSize: fc.boolean(),
    says: fc.array(fc.tuple(message, fc.integer({ min: 0, max: 40 })), { maxLength: 25 }),
  });
  fc.assert(
    fc.property(run, ({ unknownSize, says }) => {
      const identity = { ...sampleOffer().identity, ...(unknownSize ? { sizeBytes: undefined } : {}) };
      const world = new SmallWorld(sampleOffer({ identity, ranges: !unknownSize }));
      const a = world.add('a', 1);
      world.open(a);
      world.meet(a, 'evil');
      for (const [said, pauseMs] of says) {
        // A size that is believed cannot be taken back: see the report of what a streaming member accepts.
        if (unknownSize && said.type === 'offer') continue;
        world.say('evil', a, said);
        world.run(pauseMs);
      }
      assert.ok(world.finishes(300_000, a));
    }),
    { numRuns: 150 },
  );
});

test('what a member sent of a piece before it broke off is not mixed with what the origin brings', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'evil');
  a.intercept = (command) => {
    if (command.type !== 'pull') return false;
    const { pull, start, download } = command;
    world.later(1, () => {
      a.disk.write(start, start + 64 * 1024, 'evil');
      world.tell(a, { type: 'pull-bytes', download, pull, start, end: start + 64 * 1024 });
      world.tell(a, { type: 'pull-ended', download, pull, outcome: 'broken' });
      world.disconnectStranger(a, 'evil');
    });
    return true;
  };
  world.say('evil', a, { type: 'have', download: 'd0', runs: [{ start: 9, end: 12 }], records: [] });
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  assert.equal(of(a, 'pull').length > 0, true);
  assert.equal(a.disk.read(0, world.sizeBytes), 'good');
});
