import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorder, settled, world } from '../testing/app/stores.ts';

test('a version is new when something has changed, and higher than all before', () => {
  const { store, change } = world();
  const { version } = store.state;
  assert.equal(store.state.version, version);
  change();
  change();
  const later = store.state.version;
  assert.ok(later > version);
  assert.equal(store.state.version, later);
});

test('the first call has the full picture, and comes after subscribing has returned', () => {
  const { store, clock } = world();
  const { heard, listener } = recorder();
  store.subscribe(listener);
  assert.deepEqual(heard, []);
  clock.advance(0);
  assert.deepEqual(heard, [0]);
});

test('a listener hears the latest, and no more often than it wants', () => {
  const { store, clock, change } = world();
  const { heard, listener } = recorder();
  store.subscribe(listener, { everyMs: 250 });
  clock.advance(0);
  for (let i = 0; i < 10; i++) {
    change();
    clock.advance(30);
  }
  assert.deepEqual(heard, [0, 9]);
  clock.advance(200);
  assert.deepEqual(heard, [0, 9, 10]);
});

test('each listener has its own pace', () => {
  const { store, clock, change } = world();
  const [slow, quick] = [recorder(), recorder()];
  store.subscribe(slow.listener, { everyMs: 1000 });
  store.subscribe(quick.listener, { everyMs: 100 });
  clock.advance(0);
  for (let i = 0; i < 10; i++) {
    change();
    clock.advance(100);
  }
  assert.deepEqual([slow.heard.length, quick.heard.length], [2, 11]);
});

test('nobody is told what has not changed', () => {
  const { store, clock } = world();
  const { heard, listener } = recorder();
  store.subscribe(listener);
  clock.advance(0);
  store.touch();
  clock.advance(1000);
  assert.deepEqual(heard, [0]);
});

test('while nothing moves and nothing is touched no timer runs and nothing is drawn', () => {
  const engine = world();
  engine.store.subscribe(() => {});
  engine.clock.advance(0);
  const { drawn } = engine;
  engine.clock.advance(60_000);
  assert.deepEqual([engine.drawn, engine.clock.timerCount], [drawn, 0]);
});

test('without subscribers nothing is drawn, however much happens', () => {
  const engine = world({ isMoving: true });
  for (let i = 0; i < 100; i++) engine.change();
  engine.clock.advance(60_000);
  assert.equal(engine.drawn, 0);
});

test('while figures move by themselves a listener is told at its pace', () => {
  const engine = world({ isMoving: true });
  engine.store.subscribe(() => {}, { everyMs: 100 });
  engine.clock.advance(1000);
  assert.equal(engine.drawn, 11);
});

test('a listener that throws is told of once, goes on hearing, and hurts no other', () => {
  const { store, clock, change, errors } = world();
  let calls = 0;
  store.subscribe(() => {
    calls++;
    throw new Error('broken face');
  });
  const { heard, listener } = recorder();
  store.subscribe(listener);
  clock.advance(0);
  change();
  clock.advance(100);
  assert.deepEqual([calls, heard, errors.length], [2, [0, 1], 1]);
});

test('a listener that rejects is told of like one that throws', async () => {
  const { store, clock, errors } = world();
  store.subscribe(async () => {
    throw new Error('broken face');
  });
  clock.advance(0);
  await settled();
  assert.equal(errors.length, 1);
});

test('a slow listener is not called again before it is done, and then with the latest', async () => {
  const { store, clock, change } = world();
  const heard: number[] = [];
  const work = Promise.withResolvers<void>();
  store.subscribe(
    ({ queue }) => {
      heard.push(queue.done);
      return heard.length === 1 ? work.promise : undefined;
    },
    { everyMs: 10 },
  );
  clock.advance(0);
  for (let i = 0; i < 5; i++) {
    change();
    clock.advance(100);
  }
  assert.deepEqual(heard, [0]);
  work.resolve();
  await settled();
  clock.advance(10);
  assert.deepEqual(heard, [0, 5]);
});

test('a listener that never returns holds up nobody and keeps no timer', () => {
  const { store, clock, change } = world();
  store.subscribe(() => new Promise(() => {}));
  const { heard, listener } = recorder();
  store.subscribe(listener, { everyMs: 10 });
  clock.advance(0);
  change();
  clock.advance(10);
  assert.deepEqual(heard, [0, 1]);
  assert.equal(clock.timerCount, 0);
});
