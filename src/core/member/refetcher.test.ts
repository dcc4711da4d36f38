import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actor, SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import { cutOff, failureOf, have, of, recordBy } from '../../testing/member/speech.ts';

const PIECE = 256 * 1024;
const WRONG = { code: 'digest-mismatch', message: 'pieces are wrong' } as const;
const REFUSED = { code: 'origin-refused', message: 'not for you' } as const;

/** The file is found wrong because of these pieces each time that it is finished, so many times. */
function suspects(world: SmallWorld, actor: Actor, pieces: readonly number[], times: number): void {
  let left = times;
  actor.intercept = (command) => {
    if (command.type !== 'finish' || left-- <= 0) return false;
    world.later(1, () => world.tell(actor, { type: 'suspect', download: 'd0', pieces, reason: WRONG }));
    return true;
  };
}

test('pieces that are why the file is wrong are forgotten and fetched again, and only those', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  suspects(world, a, [3, 7], 1);
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  assert.deepEqual(
    of(a, 'unkeep').map(({ piece }) => piece),
    [3, 7],
  );
  assert.equal(a.originBytes, world.sizeBytes + 2 * PIECE);
});

test('an origin that sends the same pieces wrong for the third time means it', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  suspects(world, a, [3], 9);
  world.open(a);
  assert.equal(world.finishes(60_000, a), false);
  assert.deepEqual(
    of(a, 'failed').map(({ reason }) => reason),
    [WRONG],
  );
  assert.equal(a.originBytes, world.sizeBytes + 2 * PIECE);
});

test('pieces that are not held are no reason to fetch anything', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  suspects(world, a, [99], 1);
  world.open(a);
  assert.equal(world.finishes(60_000, a), false);
  assert.equal(a.originBytes, world.sizeBytes);
  assert.equal(of(a, 'failed').length, 1);
});

test('when the whole file is wrong, what others had signed is fetched from the origin, once', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x', { content: 'good', recordOf: recordBy('x') });
  world.say('x', a, have(0, 10));
  a.intercept = (command) => {
    if (command.type !== 'finish') return false;
    world.later(1, () =>
      world.tell(a, {
        type: 'failed',
        download: 'd0',
        reason: { code: 'digest-mismatch', message: 'wrong' },
      }),
    );
    return true;
  };
  world.open(a);
  world.run(60_000);
  assert.equal(of(a, 'finish').length, 2);
  assert.equal(of(a, 'unkeep').length, of(a, 'keep').length);
  assert.equal(a.originBytes, world.sizeBytes);
  assert.equal(failureOf(a)?.message, 'wrong');
});

test('without the origin the members are given five seconds to heal what they gave', () => {
  const { world, a } = cutOff();
  world.meet(a, 'x', { content: 'good', recordOf: recordBy('x') });
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: false, reason: REFUSED });
  suspects(world, a, [3], 1);
  world.say('x', a, have(0, 17));
  assert.ok(world.run(60_000, () => of(a, 'unkeep').length > 0));
  const pulls = of(a, 'pull').length;
  world.run(4_900);
  assert.equal(of(a, 'pull').length, pulls);
  assert.ok(world.finishes(2_000, a));
});

test('an origin without ranges is read once for all of them, not once for each', () => {
  const world = new SmallWorld(sampleOffer({ ranges: false }));
  const a = world.add('a', 1);
  suspects(world, a, [3, 7, 11], 1);
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  const [, ...again] = of(a, 'fetch');
  assert.deepEqual(
    again.map(({ start, end }) => [start, end]),
    [[3 * PIECE, 12 * PIECE]],
  );
});

test('an origin without ranges is read once for all that is missing, and again for what lies between', () => {
  const world = new SmallWorld(sampleOffer({ ranges: false }));
  const a = world.add('a', 1);
  const signed = recordBy('a');
  world.open(
    a,
    undefined,
    [0, 1, 4, 5, 9, 12].map((piece) => signed(piece)),
  );
  assert.ok(world.finishes(60_000, a));
  assert.deepEqual(
    of(a, 'fetch').map(({ start }) => start),
    [2 * PIECE],
  );
  assert.deepEqual(
    of(a, 'unkeep').map(({ piece }) => piece),
    [4, 5, 9, 12],
  );
});

test('what was to be fetched again when the link expired is fetched with a fresh one', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  suspects(world, a, [3, 7], 1);
  world.tell(a, {
    type: 'add-download',
    offer: world.offer,
    held: [],
    maxConnections: 1,
    linkPatienceMs: 60_000,
  });
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
  assert.ok(world.run(60_000, () => of(a, 'unkeep').length > 0));
  for (const stream of [...a.streams.keys()]) world.endStream(a, stream, 'expired');
  world.run(1_000);
  world.tell(a, { type: 'add-sources', download: 'd0', urls: ['https://fresh.example/f'] });
  assert.ok(world.finishes(60_000, a));
});
