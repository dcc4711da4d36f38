import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutOff, failureOf, of } from '../../testing/member/speech.ts';
import { DragonloadError } from '../errors.ts';

const FULL = { code: 'disk-full', message: 'full' } as const;
const REFUSED = { code: 'origin-refused', message: 'not for you' } as const;

test('the reason of a failure is the very value that the world gave', () => {
  const { world, a } = cutOff();
  const reason = new DragonloadError('origin-refused', 'not for you');
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: false, reason });
  assert.equal(failureOf(a), reason);
});

test('a download that fails for several reasons has failed once, for the first', () => {
  const { world, a } = cutOff();
  world.tell(a, { type: 'failed', download: 'd0', reason: FULL });
  world.tell(a, { type: 'failed', download: 'd0', reason: { code: 'unwritable', message: 'gone' } });
  assert.deepEqual(
    of(a, 'failed').map(({ reason }) => reason),
    [FULL],
  );
});

test('what failed for want of an origin recovers, unless the disk has failed since', () => {
  for (const isFull of [false, true]) {
    const { world, a } = cutOff();
    world.tell(a, { type: 'probe-done', download: 'd0', canFetch: false, reason: REFUSED });
    if (isFull) world.tell(a, { type: 'failed', download: 'd0', reason: FULL });
    world.tell(a, { type: 'network-changed' });
    assert.equal(of(a, 'recovered').length, isFull ? 0 : 1);
  }
});

test('after a disk has failed nothing more is asked of it', () => {
  const { world, a } = cutOff();
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
  assert.ok(world.run(5_000, () => of(a, 'hash').length > 0));
  world.tell(a, { type: 'failed', download: 'd0', reason: FULL });
  world.run(60_000);
  assert.deepEqual(of(a, 'sign'), []);
  assert.equal(of(a, 'hash').length, 1);
});

test('a download that is done fails when its file turns out to be another', () => {
  const { world, a } = cutOff();
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
  assert.ok(world.finishes(60_000, a));
  world.tell(a, { type: 'failed', download: 'd0', reason: FULL });
  assert.equal(failureOf(a), FULL);
});
