import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorder, settled, world } from '../testing/app/stores.ts';

test('whoever unsubscribes inside a call hears no more, and may unsubscribe another', () => {
  const { store, clock, change } = world();
  const other = recorder();
  const heard: number[] = [];
  const end = store.subscribe(({ queue }) => {
    heard.push(queue.done);
    end();
    endOther();
    end();
  });
  const endOther = store.subscribe(other.listener);
  clock.advance(0);
  change();
  clock.advance(1000);
  assert.deepEqual([heard, other.heard], [[0], []]);
});

test('whoever unsubscribes while its last call is open hears no more when that is done', async () => {
  const { store, clock, change } = world();
  const work = Promise.withResolvers<void>();
  let calls = 0;
  const end = store.subscribe(() => {
    calls++;
    return work.promise;
  });
  clock.advance(0);
  end();
  work.resolve();
  await settled();
  change();
  clock.advance(1000);
  assert.deepEqual([calls, clock.timerCount], [1, 0]);
});

test('an aborted signal ends a subscription, and lets none begin', () => {
  const { store, clock, change } = world();
  const { heard, listener } = recorder();
  const over = new AbortController();
  store.subscribe(listener, { signal: over.signal });
  clock.advance(0);
  over.abort();
  store.subscribe(listener, { signal: over.signal });
  change();
  clock.advance(1000);
  assert.deepEqual(heard, [0]);
});

test('after the store is disposed of nobody is told anything', () => {
  const { store, clock, change } = world();
  const { heard, listener } = recorder();
  store.subscribe(listener);
  store[Symbol.dispose]();
  store.subscribe(listener);
  change();
  clock.advance(1000);
  assert.deepEqual(heard, []);
});

test('a reader of the changes gets the first picture and then the latest one alone', async () => {
  const { store, clock, change } = world();
  const changes = store.changes({ everyMs: 10 });
  const first = changes.next();
  clock.advance(0);
  assert.equal((await first).value?.queue.done, 0);
  for (let i = 0; i < 100; i++) {
    change();
    clock.advance(10);
  }
  assert.equal((await changes.next()).value?.queue.done, 100);
  const next = changes.next();
  change();
  clock.advance(10);
  assert.equal((await next).value?.queue.done, 101);
});

test('whoever never reads the changes is no subscriber', () => {
  const { store, clock, change } = world();
  store.changes();
  change();
  assert.equal(clock.timerCount, 0);
});

test('the changes end when the reader leaves, the signal aborts or the store is disposed of', async () => {
  const { store, clock } = world();
  const over = new AbortController();
  const readers = [store.changes(), store.changes({ signal: over.signal }), store.changes()];
  const reads = readers.map((reader) => reader.next());
  await readers[0]!.return?.();
  over.abort();
  store[Symbol.dispose]();
  clock.advance(1000);
  for (const read of reads) assert.deepEqual(await read, { done: true, value: undefined });
  for (const reader of readers) assert.equal((await reader.next()).done, true);
});

test('leaving the loop over the changes ends the subscription', async () => {
  const { store, clock, change } = world();
  const looping = (async () => {
    for await (const { queue } of store.changes()) return queue.done;
  })();
  await settled();
  clock.advance(0);
  assert.equal(await looping, 0);
  change();
  assert.equal(clock.timerCount, 0);
});
