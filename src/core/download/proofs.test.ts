import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmallWorld } from '../../testing/member/small-world.ts';
import { asked, cutOff, failureOf, have, of, recordBy, signersOf } from '../../testing/member/speech.ts';
import type { Command } from '../contract.ts';

const PIECE = 256 * 1024;
const ALL = { start: 0, end: 17 };

test('a piece whose record comes after its bytes waits for it', () => {
  const { world, a } = cutOff();
  world.meet(a, 'x', { content: 'good', recordOf: recordBy('x'), recordsLast: true });
  world.say('x', a, have(0, 17));
  assert.ok(world.finishes(60_000, a));
  assert.equal(
    of(a, 'pull').reduce((sum, { start, end }) => sum + end - start, 0),
    world.sizeBytes,
  );
});

test('a piece whose record never comes is worth nothing, and is got from somebody who has one', () => {
  const { world, a } = cutOff();
  world.meet(a, 'x', { content: 'good', recordOf: () => undefined });
  world.say('x', a, have(0, 17));
  world.run(5_000);
  assert.equal(of(a, 'keep').length, 0);
  assert.equal(of(a, 'drop').length, 0);
  world.meet(a, 'y', { content: 'good', recordOf: recordBy('y') });
  world.say('y', a, have(0, 17));
  assert.ok(world.finishes(60_000, a));
});

test('whoever sends bytes that do not match their record is dropped, and the piece comes from elsewhere', () => {
  const { world, a } = cutOff();
  world.meet(a, 'bad', { content: 'corrupt', recordOf: recordBy('x') });
  world.say('bad', a, have(0, 17));
  world.run(50);
  assert.deepEqual(
    of(a, 'drop').map(({ peer }) => peer),
    ['bad'],
  );
  assert.equal(of(a, 'keep').length, 0);
  world.meet(a, 'y', { content: 'good', recordOf: recordBy('x') });
  world.say('y', a, have(0, 17));
  assert.ok(world.finishes(60_000, a));
});

test('a signer whose hash the origin proves wrong is banned, and all that it signed is fetched again', () => {
  const { world, a } = cutOff();
  world.meet(a, 'liar', { content: 'poison', recordOf: recordBy('liar', 'poison') });
  world.say('liar', a, have(3, 4));
  world.say('liar', a, have(7, 8));
  world.say('liar', a, have(5, 6));
  world.run(100);
  assert.equal(of(a, 'keep').length, 3);
  world.say('liar', a, { type: 'have', download: 'd0', runs: [], records: [recordBy('liar', 'poison')(9)] });
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
  assert.ok(world.finishes(60_000, a));
  assert.ok(of(a, 'drop').some(({ peer }) => peer === 'liar'));
  assert.equal(a.disk.read(0, world.sizeBytes), 'good');
  assert.deepEqual(signersOf(a), new Set(['a']));
});

test('what a liar signed is not believed again when somebody else brings it', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'liar', { content: 'poison', recordOf: recordBy('liar', 'poison') });
  world.open(a);
  world.run(30);
  assert.ok(asked(world, a, { start: 0, end: PIECE }));
  world.say('liar', a, have(0, 1, [recordBy('liar', 'poison')(0)]));
  assert.deepEqual(
    of(a, 'drop').map(({ peer }) => peer),
    ['liar'],
  );
  world.meet(a, 'relay', { content: 'poison', recordOf: recordBy('liar', 'poison') });
  world.say('relay', a, have(0, 17));
  assert.ok(world.finishes(60_000, a));
  assert.equal(a.disk.read(0, world.sizeBytes), 'good');
});

test('whoever relays what a liar had signed is no liar, even when the right hash is known', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.meet(a, 'liar');
  world.open(a);
  world.run(30);
  world.say('liar', a, have(0, 1, [recordBy('liar', 'poison')(0)]));
  world.meet(a, 'relay', { content: 'poison', recordOf: recordBy('liar', 'poison') });
  world.meet(a, 'honest', { silent: true, content: 'good', recordOf: recordBy('honest') });
  const rights = Array.from({ length: ALL.end }, (_, piece) => recordBy('honest')(piece));
  world.say('honest', a, { type: 'have', download: 'd0', runs: [], records: rights });
  world.say('relay', a, have(0, 17));
  assert.ok(world.finishes(60_000, a));
  assert.ok(of(a, 'pull').some(({ from }) => from === 'relay'));
  assert.deepEqual(
    of(a, 'drop').map(({ peer }) => peer),
    ['liar'],
  );
});

test('a lie about a piece does not make a liar of whoever brings it as its own fetcher signed it', () => {
  const { world, a } = cutOff();
  world.meet(a, 'liar');
  const lies = Array.from({ length: ALL.end }, (_, piece) => recordBy('liar', 'poison')(piece));
  world.say('liar', a, { type: 'have', download: 'd0', runs: [], records: lies });
  world.meet(a, 'honest', { content: 'good', recordOf: recordBy('honest') });
  world.say('honest', a, have(0, 17));
  assert.ok(world.finishes(60_000, a));
  assert.deepEqual(of(a, 'drop'), []);
  assert.deepEqual(signersOf(a), new Set(['honest']));
});

test('all who signed another hash than the origin has are found out together', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  for (const [liar, content] of [
    ['one', 'poison'],
    ['two', 'venom'],
  ] as const) {
    world.meet(a, liar);
    world.say(liar, a, { type: 'have', download: 'd0', runs: [], records: [recordBy(liar, content)(9)] });
  }
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  assert.deepEqual(
    of(a, 'drop')
      .map(({ peer }) => peer)
      .sort(),
    ['one', 'two'],
  );
});

test('a piece that was on its way to the journal when its signer was found out is fetched again', () => {
  const { world, a } = cutOff();
  const held: Command[] = [];
  a.intercept = (command) => command.type === 'keep' && held.push(command) > 0;
  world.meet(a, 'liar', { content: 'poison', recordOf: recordBy('liar', 'poison') });
  world.say('liar', a, have(3, 4));
  world.run(50);
  assert.equal(held.length, 1);
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
  world.run(30);
  world.say('liar', a, { type: 'have', download: 'd0', runs: [], records: [recordBy('liar', 'poison')(0)] });
  assert.ok(of(a, 'drop').some(({ peer }) => peer === 'liar'));
  for (const command of held) {
    if (command.type === 'keep') world.tell(a, { type: 'kept', download: 'd0', record: command.record });
  }
  a.intercept = () => false;
  assert.ok(world.finishes(60_000, a));
  assert.equal(a.disk.read(0, world.sizeBytes), 'good');
});

test('a wrong digest is answered once by fetching what others signed from the origin', () => {
  const { world, a } = cutOff();
  world.meet(a, 'x', { content: 'poison', recordOf: recordBy('x', 'poison') });
  world.say('x', a, have(2, 4));
  world.run(100);
  world.disconnectStranger(a, 'x');
  a.intercept = (command) => {
    if (command.type !== 'finish' || a.disk.read(0, world.sizeBytes) === 'good') return false;
    world.later(1, () =>
      world.tell(a, {
        type: 'failed',
        download: 'd0',
        reason: { code: 'digest-mismatch', message: 'wrong' },
      }),
    );
    return true;
  };
  world.tell(a, { type: 'probe-done', download: 'd0', canFetch: true });
  assert.ok(world.finishes(60_000, a));
  assert.equal(of(a, 'finish').length, 2);
  assert.equal(a.originBytes, world.sizeBytes);
});

test('a wrong digest of a file that all came from the origin is the end', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
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
  assert.equal(of(a, 'finish').length, 1);
  assert.equal(failureOf(a)?.message, 'wrong');
  assert.equal(a.originBytes, world.sizeBytes);
});
