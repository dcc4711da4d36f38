import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import { of, sent } from '../../testing/member/speech.ts';

test('everybody hears how a member does twice a second', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.run(5_000);
  const { length } = sent(a, 'status');
  assert.ok(length >= 10 && length <= 12, `${length}`);
});

test('with nobody to hear it a member wants to be woken for nothing', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  assert.equal(a.core.deadline(), undefined);
});

test('a coordinator that took over without having heard of a download is told of it again', () => {
  const world = new SmallWorld();
  const [a, b, c] = [world.add('a', 1), world.add('b', 2), world.add('c', 3)];
  let isLossy = true;
  // Nothing about the download reaches b.
  for (const actor of [a, c])
    actor.intercept = (command) =>
      isLossy && command.type === 'send' && command.to === 'b' && command.message.type === 'offer';
  world.originStepMs = 200;
  for (const [one, other] of [
    [a, b],
    [a, c],
    [b, c],
  ] as const)
    world.connect(one, other);
  world.open(a);
  world.run(1_000);
  world.tell(a, { type: 'leave' });
  world.disconnect(a, b);
  world.disconnect(a, c);
  world.run(1_000);
  assert.deepEqual(of(b, 'offered'), []);
  isLossy = false;
  assert.ok(world.finishes(120_000, b, c));
});

test('addresses are said again to whoever may have missed them', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.open(a);
  world.tell(a, { type: 'add-sources', download: 'd0', urls: ['https://fresh.example/f'] });
  world.run(11_000);
  assert.ok(sent(a, 'sources').length >= 3);
});

test('whoever knows the size tells it to a member that offers the download without', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.open(a);
  const before = sent(a, 'offer').length;
  const identity = { ...world.offer.identity, sizeBytes: undefined };
  world.say('x', a, sampleOffer({ identity }));
  assert.deepEqual(
    sent(a, 'offer')
      .slice(before)
      .map((offer) => offer.identity.sizeBytes),
    [world.sizeBytes],
  );
});
