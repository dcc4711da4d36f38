import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmallWorld } from '../../testing/member/small-world.ts';
import { cutOff, failureOf, have, of, recordBy, sent } from '../../testing/member/speech.ts';

const URLS = ['https://fresh.example/f'];
const EXPIRED = { code: 'link-expired', message: 'expired' } as const;
const sources = { type: 'sources', download: 'd0', urls: URLS } as const;
const addSources = { type: 'add-sources', download: 'd0', urls: URLS } as const;

/** A member at work in a room with two played ones. */
function room() {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.meet(a, 'y');
  world.open(a);
  const told = () => of(a, 'send').flatMap(({ to, message }) => (message.type === 'sources' ? [to] : []));
  return { world, a, told };
}

test('what the user adds is told to everybody', () => {
  const { world, a, told } = room();
  world.tell(a, addSources);
  assert.deepEqual(told(), ['x', 'y']);
  assert.deepEqual(sent(a, 'sources')[0]!.urls, URLS);
});

test('what a member names is used, and told to everybody else', () => {
  const { world, a, told } = room();
  world.say('x', a, sources);
  assert.deepEqual(told(), ['y']);
  assert.deepEqual(of(a, 'use-sources'), [{ type: 'use-sources', download: 'd0', urls: URLS, from: 'x' }]);
});

test('what is known is not told on, so that nothing goes round in circles', () => {
  const { world, a, told } = room();
  world.say('x', a, sources);
  world.say('y', a, sources);
  world.say('x', a, sources);
  assert.deepEqual(told(), ['y']);
  assert.equal(of(a, 'use-sources').length, 1);
});

test('a newcomer is told all', () => {
  const { world, a, told } = room();
  world.tell(a, addSources);
  world.meet(a, 'z');
  assert.deepEqual(told(), ['x', 'y', 'z']);
});

test('what members named before the user took part is used from then on', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'x');
  world.say('x', a, sources);
  assert.deepEqual(of(a, 'use-sources'), []);
  world.open(a);
  assert.deepEqual(
    of(a, 'use-sources').map(({ urls, from }) => [urls, from]),
    [[URLS, 'x']],
  );
});

test('a download that had failed for want of an origin goes on with a fresh address', () => {
  const { world, a } = cutOff();
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: false, reason: EXPIRED });
  assert.equal(of(a, 'failed').length, 1);
  world.tell(a, addSources);
  assert.ok(world.finishes(60_000, a));
});

test('a download that had failed because it is wrong does not', () => {
  const { world, a } = cutOff();
  world.meet(a, 'x', { content: 'good', recordOf: recordBy('x') });
  world.say('x', a, have(0, 17));
  const reason = { code: 'disk-full', message: 'full' } as const;
  a.intercept = (command) => command.type === 'finish';
  world.run(5_000);
  world.tell(a, { type: 'failed', download: 'd0', reason });
  world.tell(a, addSources);
  assert.equal(failureOf(a), reason);
});
