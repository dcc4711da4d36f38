import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/app/manual-clock.ts';
import { NO_HISTORY } from './rate-history.ts';
import type { EngineState } from './state.ts';
import { type StateListener, StateStore } from './state-store.ts';

type Picture = Omit<EngineState, 'version'>;

/** An engine whose number of finished downloads is all that changes, and its store on a clock of its own. */
function world(options: { readonly isMoving?: boolean } = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  let done = 0;
  let drawn = 0;
  const draw = (): Picture => {
    drawn++;
    return {
      downloads: [],
      rooms: [],
      queue: {
        waiting: 0,
        running: 0,
        paused: 0,
        done,
        failed: 0,
        opensAtMs: undefined,
        isQuotaSpent: false,
        heldBytes: 0,
        sizeBytes: 0,
      },
      history: NO_HISTORY,
      settings: { limitRate: undefined, concurrent: 5 },
      notices: [],
    };
  };
  const store = new StateStore({
    draw,
    isSame: (a, b) => a.queue.done === b.queue.done,
    isMoving: () => options.isMoving ?? false,
    onListenerError: (thrown) => errors.push(thrown),
    clock,
  });
  return {
    clock,
    store,
    errors,
    get drawn() {
      return drawn;
    },
    /** One more download is done. */
    change(): void {
      done++;
      store.touch();
    },
  };
}

/** A listener that remembers how many downloads were done each time it was called. */
function recorder(): { readonly heard: number[]; readonly listener: StateListener } {
  const heard: number[] = [];
  return { heard, listener: (state) => void heard.push(state.queue.done) };
}

/** Lets what waits for settled promises go on. */
const settled = () => new Promise(setImmediate);

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
