import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHash } from '../../testing/member/fake-disk.ts';
import { type Actor, SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import {
  asked,
  cutOff,
  failureOf,
  have,
  of,
  recordBy,
  sent,
  signersOf,
} from '../../testing/member/speech.ts';
import type { ByteRange } from '../ranges.ts';

const PIECE = 256 * 1024;
const ALL = { start: 0, end: 17 };

const { geometry } = new SmallWorld();

const refused = {
  type: 'probe-done',
  download: 'd0',
  canFetch: false,
  reason: { code: 'origin-refused', message: 'not for you' },
} as const;

test('a piece from the origin is hashed, signed, kept and announced with its record', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  assert.equal(of(a, 'sign').length, 17);
  assert.equal(of(a, 'keep').length, 0);
  const told = sent(a, 'have').flatMap(({ records }) => records);
  assert.deepEqual(new Set(told.map(({ piece }) => piece)).size, 17);
  assert.ok(told.every(({ signer }) => signer === 'a'));
});

test('a piece from a member is kept with the record of who fetched it, and announced without', () => {
  const { world, a } = cutOff();
  world.meet(a, 'x', { content: 'good', recordOf: recordBy('x') });
  world.meet(a, 'y');
  world.say('x', a, have(0, 17));
  assert.ok(world.finishes(60_000, a));
  assert.equal(of(a, 'keep').length, 17);
  assert.equal(of(a, 'sign').length, 0);
  assert.deepEqual(
    sent(a, 'have').flatMap(({ records }) => records),
    [],
  );
  assert.deepEqual(signersOf(a), new Set(['x']));
});

test('a member that is refused and alone gives up at once, and says why', () => {
  const { world, a } = cutOff();
  world.tell(a, refused);
  assert.deepEqual(
    of(a, 'failed').map(({ reason }) => reason.message),
    ['not for you'],
  );
  world.run(10);
  assert.equal(failureOf(a)?.message, 'not for you');
});

test('a member that is refused hopes as long as somebody else may fetch, and five seconds more', () => {
  const { world, a } = cutOff();
  world.meet(a, 'x');
  world.tell(a, refused);
  world.run(60_000);
  assert.deepEqual(of(a, 'failed'), []);
  world.say('x', a, { type: 'status', downloads: [] });
  world.run(4_900);
  assert.deepEqual(of(a, 'failed'), []);
  world.run(200);
  assert.equal(of(a, 'failed').length, 1);
});

test('a member that nobody gives anything to do helps itself after a while', () => {
  const world = new SmallWorld();
  const a = world.add('a', 2);
  world.meet(a, 'boss');
  world.say('boss', a, { type: 'coordinate', epoch: 9, seniority: 1 });
  world.open(a);
  world.run(9_000);
  assert.equal(a.originBytes, 0);
  assert.ok(world.finishes(60_000, a));
});

test('a member that has helped itself waits longer again once the coordinator gives it something to fetch', () => {
  const offer = sampleOffer({ identity: { sizeBytes: 256 * PIECE, etag: '"1"', lastModified: undefined } });
  const world = new SmallWorld(offer);
  const a = world.add('a', 2);
  const recordOf = (piece: number) => ({ ...recordBy('boss')(piece), sha256: fakeHash(piece, PIECE) });
  world.meet(a, 'boss', { content: 'good', recordOf });
  world.say('boss', a, { type: 'coordinate', epoch: 9, seniority: 1 });
  world.open(a);
  // So much comes so fast over the LAN that to wait for the rest of it is no reason to fetch anything.
  world.say('boss', a, have(0, 1));
  world.run(60);
  world.say('boss', a, have(1, 246));
  world.run(10_900);
  assert.equal(a.originBytes, 4 * PIECE, 'after ten seconds without a byte it helps itself');
  const isMissing = (piece: number) =>
    a.disk.read(world.geometry.startOf(piece), world.geometry.endOf(piece)) === 'hole';
  const start = [...Array(256).keys()].find(isMissing)!;
  const lease = { lease: 9 * 2 ** 20, kind: 'run', owner: undefined } as const;
  const range = world.geometry.bytesOfRun({ start, end: start + 1 });
  world.say('boss', a, { type: 'grant', epoch: 9, download: 'd0', lease: { ...lease, ...range } });
  world.run(3_000);
  assert.equal(a.originBytes, 5 * PIECE, 'and then only what it was given');
});

test('a download that has waited for its turn does not take that for having been kept waiting', () => {
  const world = new SmallWorld();
  const a = world.add('a', 2);
  world.meet(a, 'boss');
  world.say('boss', a, { type: 'coordinate', epoch: 9, seniority: 1 });
  a.intercept = (command) => command.type === 'fetch';
  for (const order of [0, 1]) {
    const offer = sampleOffer({ download: `d${order}`, order });
    world.tell(a, { type: 'add-download', offer, held: [], maxConnections: 4 });
  }
  world.run(60_000);
  world.tell(a, { type: 'probe-done', download: 'd1', canFetch: true });
  world.tell(a, { type: 'failed', download: 'd0', reason: { code: 'disk-full', message: 'full' } });
  world.run(9_000);
  assert.deepEqual(of(a, 'fetch'), []);
  world.run(2_000);
  assert.equal(of(a, 'fetch').length, 1);
});

test('what the origin was to bring alone may come from members once the origin refuses', () => {
  const world = new SmallWorld();
  const a = world.add('a', 2);
  world.meet(a, 'boss', { content: 'good', recordOf: recordBy('boss'), silent: true });
  world.say('boss', a, { type: 'coordinate', epoch: 9, seniority: 1 });
  world.say('boss', a, have(0, 17));
  a.intercept = (command) => command.type === 'fetch';
  world.open(a);
  world.run(25_000);
  const [fetch] = of(a, 'fetch');
  assert.ok(fetch, 'it has helped itself');
  world.played.set('boss', { content: 'good', recordOf: recordBy('boss') });
  world.tell(a, {
    type: 'origin-ended',
    download: 'd0',
    stream: fetch.stream,
    outcome: 'refused',
    retryAfterMs: undefined,
    reason: { code: 'origin-refused', message: 'no more' },
  });
  assert.ok(world.finishes(120_000, a));
});

test('pieces are announced before the lease that they came by is reported as over', () => {
  const world = new SmallWorld();
  const a = world.add('a', 2);
  world.meet(a, 'boss');
  world.say('boss', a, { type: 'coordinate', epoch: 9, seniority: 1 });
  world.open(a);
  const lease = { lease: 10 * 2 ** 20, kind: 'run', owner: undefined, start: 0, end: 2 * PIECE } as const;
  world.say('boss', a, { type: 'grant', epoch: 9, download: 'd0', lease });
  world.run(300);
  const messages = of(a, 'send').map(({ message }) => message);
  const over = messages.findIndex(
    (message) =>
      message.type === 'report' && message.seenLease === lease.lease && message.leases.length === 0,
  );
  const announced = messages.findIndex(
    (message) => message.type === 'have' && message.runs.some(({ end }) => end === 2),
  );
  assert.ok(announced !== -1 && over !== -1 && announced < over);
});

/** The stranger `helper` coordinates, and says that somebody fetches this tail for the member. */
function nameHelper(world: SmallWorld, member: Actor, { start, end }: ByteRange): void {
  const epoch = 9;
  world.say('helper', member, { type: 'coordinate', epoch, seniority: 1 });
  const lease = { lease: epoch * 2 ** 20 + 1, kind: 'tail', owner: 'a', start, end } as const;
  world.say('helper', member, { type: 'grant', epoch, download: 'd0', lease });
}

test('a member whose piece another helped to end does not call the file its own', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'helper', { content: 'good', recordOf: () => undefined });
  world.open(a);
  world.run(6);
  const stream = [...a.streams.values()][0]!;
  const piece = Math.floor((stream.end - 1) / PIECE);
  const start = Math.max(stream.position, geometry.startOf(piece)) + 1_000;
  const fragment = { type: 'fragment', download: 'd0', start, end: stream.end } as const;
  world.say('helper', a, fragment);
  assert.deepEqual(of(a, 'pull'), [], 'nobody had said that this was to come');
  nameHelper(world, a, fragment);
  world.say('helper', a, fragment);
  assert.deepEqual(
    of(a, 'pull').map(({ from }) => from),
    ['helper'],
  );
  assert.ok(world.finishes(60_000, a));
  assert.deepEqual(signersOf(a), new Set(['a', 'helper']));
});

test('a fragment that never comes does not keep the piece from being finished, offered as often as it may be', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'helper', { content: 'good', recordOf: () => undefined, silent: true });
  a.intercept = (command) => {
    if (command.type !== 'fetch' || command.end === undefined) return false;
    const start = Math.max(command.start, command.end - 200_000);
    world.later(1, () => {
      const fragment = { type: 'fragment', download: 'd0', start, end: command.end! } as const;
      nameHelper(world, a, fragment);
      world.say('helper', a, fragment);
    });
    return false;
  };
  world.open(a);
  assert.ok(world.finishes(120_000, a));
});

test('the size of a file that had none is known at its end, and everybody is told', () => {
  const offer = sampleOffer({
    ranges: false,
    pieceBytes: 1 << 20,
    identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
  });
  const world = new SmallWorld(offer, 2_500_000);
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  assert.ok(sent(a, 'offer').some(({ identity }) => identity.sizeBytes === 2_500_000));
  assert.equal(a.core.facts.offerOf('d0')?.identity.sizeBytes, 2_500_000);
});

test('what was on disk before is announced and not fetched', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  for (const piece of [0, 1, 2]) a.disk.write(geometry.startOf(piece), geometry.endOf(piece), 'good');
  world.open(a, world.offer, [0, 1, 2].map(recordBy('a')));
  assert.deepEqual(sent(a, 'have')[0]?.runs, [{ start: 0, end: 3 }]);
  assert.ok(world.finishes(60_000, a));
  assert.equal(a.originBytes, world.sizeBytes - 3 * PIECE);
});

test('a download that was on disk whole is finished at once', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  const pieces = Array.from({ length: ALL.end }, (_, piece) => piece);
  world.open(a, world.offer, pieces.map(recordBy('a')));
  assert.ok(world.finishes(1_000, a));
  assert.equal(a.originBytes, 0);
});

test('an empty file is finished at once', () => {
  const identity = { ...sampleOffer().identity, sizeBytes: 0 };
  const world = new SmallWorld(sampleOffer({ identity }));
  const a = world.add('a', 1);
  world.open(a);
  assert.ok(world.finishes(1_000, a));
});

test('whole checked pieces are served with their records, other bytes only where the origin has brought them', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.open(a);
  world.run(40);
  assert.deepEqual(
    asked(world, a, { start: 0, end: 2 * PIECE })?.map(({ piece }) => piece),
    [0, 1],
  );
  const stream = [...a.streams.values()][0]!;
  const here = stream.position;
  assert.deepEqual(asked(world, a, { start: here - 100, end: here }), []);
  for (const [start, end] of [
    [here - 100, here + 1],
    [0, here],
    [5, 5],
    [-PIECE, PIECE],
    [16 * PIECE, 17 * PIECE],
    [2 ** 50, 2 ** 50 + 1],
  ] as const) {
    assert.equal(asked(world, a, { start, end }), undefined, `${start} to ${end}`);
  }
  assert.equal(asked(world, a, { start: 0, end: 1 }, 'd9'), undefined);
});
