import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actor, SmallWorld } from '../../testing/member/small-world.ts';
import { cutOff, of } from '../../testing/member/speech.ts';

const EXPIRED = {
  type: 'probe-done',
  download: 'd0',
  canFetch: false,
  reason: { code: 'link-expired', message: 'expired' },
  hasExpired: true,
} as const;

/** A member whose first request shows that its origin serves no parts. */
function rangeless(world: SmallWorld): Actor {
  const a = world.add('a', 1);
  world.open(a);
  world.run(1_000, () => a.streams.size > 0);
  for (const stream of [...a.streams.keys()]) world.endStream(a, stream, 'rangeless');
  return a;
}

test('alone, an origin that serves no parts is read as a whole, over one connection', () => {
  const world = new SmallWorld();
  const a = rangeless(world);
  let most = 0;
  const done = world.run(120_000, () => {
    most = Math.max(most, a.streams.size);
    return a.finished.has('d0');
  });
  assert.ok(done);
  assert.deepEqual(of(a, 'failed'), []);
  assert.equal(most, 1);
});

test('an origin that cannot be read as a whole either is given up', () => {
  const world = new SmallWorld();
  const a = rangeless(world);
  world.run(5_000, () => a.streams.size > 0);
  for (const stream of [...a.streams.keys()]) world.endStream(a, stream, 'refused');
  assert.equal(of(a, 'failed').length, 1);
});

test('in a room the file is read as a whole only when nobody else fetches', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.open(a);
  world.run(1_000, () => a.streams.size > 0);
  for (const stream of [...a.streams.keys()]) world.endStream(a, stream, 'rangeless');
  const fetches = of(a, 'fetch').length;
  world.run(60_000);
  assert.equal(of(a, 'fetch').length, fetches, 'x may fetch, for all that is known');
  world.say('x', a, { type: 'status', downloads: [] });
  assert.ok(world.finishes(120_000, a));
});

test('when only a fresh link would help, the user is told, once, and after the others had their time', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.tell(a, {
    type: 'add-download',
    offer: world.offer,
    held: [],
    maxConnections: 4,
    linkPatienceMs: 60_000,
  });
  world.tell(a, EXPIRED);
  world.say('x', a, { type: 'status', downloads: [] });
  world.run(4_900);
  assert.deepEqual(of(a, 'needs-link'), []);
  world.run(40_000);
  assert.deepEqual(
    of(a, 'needs-link').map(({ reason }) => reason.message),
    ['expired'],
  );
  assert.deepEqual(of(a, 'failed'), []);
  world.run(20_000);
  assert.equal(of(a, 'failed').length, 1);
});

test('a member that waits for no link gives up at once when the one there is has expired', () => {
  const { world, a } = cutOff();
  world.tell(a, EXPIRED);
  assert.deepEqual(of(a, 'needs-link'), []);
  assert.equal(of(a, 'failed').length, 1);
});
