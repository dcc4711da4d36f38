import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewItem, QueueLimits } from './api.ts';
import { Queue } from './queue.ts';

function queueOf(limits: Partial<QueueLimits> = {}): Queue {
  return new Queue({
    concurrent: 2,
    perHost: Number.POSITIVE_INFINITY,
    retries: 3,
    random: () => 0.5,
    ...limits,
  });
}

function item(id: number, rest: Partial<NewItem> = {}): NewItem {
  return { id, host: 'a', priority: 0, ...rest };
}

function started(queue: Queue): readonly number[] {
  return queue.drain().flatMap((command) => (command.type === 'start' ? [command.id] : []));
}

test('higher priorities start first, then those that came first', () => {
  const queue = queueOf({ concurrent: 1 });
  const items = [item(1), item(2, { priority: 5 }), item(3, { priority: 5 }), item(4, { priority: -1 })];
  queue.handle({ type: 'add', items }, 0);
  const order: number[] = [];
  for (let [id] = started(queue); id !== undefined; [id] = started(queue)) {
    order.push(id);
    queue.handle({ type: 'ended', id, outcome: 'done' }, 0);
  }
  assert.deepEqual(order, [2, 3, 1, 4]);
  assert.ok(queue.isIdle);
});

test('a changed priority counts for what waits', () => {
  const queue = queueOf({ concurrent: 1 });
  queue.handle({ type: 'add', items: [item(1), item(2), item(3)] }, 0);
  queue.handle({ type: 'priority', id: 3, priority: 9 }, 0);
  started(queue);
  queue.handle({ type: 'ended', id: 1, outcome: 'done' }, 0);
  assert.deepEqual(started(queue), [3]);
});

test('a host that is full does not hold up another one', () => {
  const queue = queueOf({ concurrent: 3, perHost: 1 });
  const items = [item(1), item(2), item(3, { host: 'b' }), item(4, { host: 'b' })];
  queue.handle({ type: 'add', items }, 0);
  assert.deepEqual(started(queue), [1, 3]);
  queue.handle({ type: 'ended', id: 3, outcome: 'done' }, 0);
  assert.deepEqual(started(queue), [4]);
});

test('a failure that may pass is tried again after 5 s, 30 s and 2 min, and then given up', () => {
  const queue = queueOf();
  queue.handle({ type: 'add', items: [item(1)] }, 0);
  let nowMs = 0;
  const rests: (number | undefined)[] = [];
  for (let attempt = 1; attempt <= 4; attempt++) {
    assert.deepEqual(queue.drain().at(-1), { type: 'start', id: 1, attempt });
    queue.handle({ type: 'ended', id: 1, outcome: 'may-pass' }, nowMs);
    const deadline = queue.deadline();
    rests.push(deadline === undefined ? undefined : deadline - nowMs);
    if (deadline === undefined) break;
    queue.handle({ type: 'tick' }, deadline - 1);
    assert.equal(queue.stateOf(1), 'resting');
    nowMs = deadline;
    queue.handle({ type: 'tick' }, nowMs);
  }
  assert.deepEqual(rests, [5_000, 30_000, 120_000, undefined]);
  assert.deepEqual(queue.drain(), [{ type: 'gave-up', id: 1 }]);
  assert.equal(queue.counts.failed, 1);
});

test('a host that wants to be left alone is left alone for as long as it wants, up to an hour', () => {
  const waits = [0, 20_000, 86_400_000, Number.POSITIVE_INFINITY].map((waitMs) => {
    const queue = queueOf();
    queue.handle({ type: 'add', items: [item(1)] }, 0);
    queue.handle({ type: 'ended', id: 1, outcome: 'may-pass', waitMs }, 0);
    assert.deepEqual(queue.drain().at(-1), { type: 'resting', id: 1, waitMs: queue.deadline() });
    return queue.deadline();
  });
  assert.deepEqual(waits, [5_000, 20_000, 3_600_000, 3_600_000]);
});

test('a download that was held off has used up no attempt', () => {
  const queue = queueOf({ retries: 0 });
  queue.handle({ type: 'add', items: [item(1)] }, 0);
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(queue.drain().at(-1), { type: 'start', id: 1, attempt: 1 });
    queue.handle({ type: 'ended', id: 1, outcome: 'held-off', waitMs: 60_000 }, i * 60_000);
    assert.equal(queue.deadline(), (i + 1) * 60_000);
    queue.handle({ type: 'tick' }, (i + 1) * 60_000);
  }
  queue.handle({ type: 'ended', id: 1, outcome: 'may-pass' }, 300_000);
  assert.equal(queue.stateOf(1), 'failed');
});

test('a download that rests holds up nobody, and goes on at once when the network is back', () => {
  const queue = queueOf({ concurrent: 1 });
  queue.handle({ type: 'add', items: [item(1), item(2)] }, 0);
  queue.handle({ type: 'ended', id: 1, outcome: 'may-pass' }, 0);
  assert.deepEqual(started(queue), [1, 2]);
  queue.handle({ type: 'network-changed' }, 1);
  assert.equal(queue.stateOf(1), 'waiting');
  queue.handle({ type: 'ended', id: 2, outcome: 'done' }, 1);
  assert.deepEqual(started(queue), [1]);
});

test('a failure for good is not tried again, until somebody names it', () => {
  const queue = queueOf();
  queue.handle({ type: 'add', items: [item(1)] }, 0);
  queue.handle({ type: 'ended', id: 1, outcome: 'failed' }, 0);
  queue.handle({ type: 'resume' }, 0);
  assert.equal(queue.stateOf(1), 'failed');
  assert.ok(queue.isIdle);
  queue.drain();
  queue.handle({ type: 'resume', id: 1 }, 0);
  assert.deepEqual(queue.drain(), [{ type: 'start', id: 1, attempt: 1 }]);
});

test('pause stops what runs and keeps it from starting; its place goes to the next', () => {
  const queue = queueOf({ concurrent: 1 });
  queue.handle({ type: 'add', items: [item(1), item(2), item(3, { paused: true })] }, 0);
  queue.drain();
  queue.handle({ type: 'pause', id: 1 }, 0);
  assert.deepEqual(queue.drain(), [{ type: 'stop', id: 1, reason: 'paused' }]);
  assert.equal(queue.counts.running, 1, 'its place is taken until it has stopped');
  queue.handle({ type: 'ended', id: 1, outcome: 'stopped' }, 0);
  assert.deepEqual(started(queue), [2]);
  queue.handle({ type: 'ended', id: 2, outcome: 'done' }, 0);
  assert.deepEqual(started(queue), []);
  assert.equal(queue.counts.paused, 2);
  queue.handle({ type: 'resume' }, 0);
  assert.deepEqual(started(queue), [1]);
});

test('what is resumed while it still stops starts again once it has', () => {
  const queue = queueOf();
  queue.handle({ type: 'add', items: [item(1)] }, 0);
  queue.handle({ type: 'pause', id: 1 }, 0);
  queue.handle({ type: 'resume', id: 1 }, 0);
  queue.drain();
  queue.handle({ type: 'ended', id: 1, outcome: 'stopped' }, 0);
  assert.deepEqual(queue.drain(), [{ type: 'start', id: 1, attempt: 1 }]);
});

test('what is removed never comes back, and done wins over everything', () => {
  const queue = queueOf();
  queue.handle({ type: 'add', items: [item(1), item(2), item(3)] }, 0);
  queue.handle({ type: 'remove' }, 0);
  queue.handle({ type: 'resume', id: 1 }, 0);
  queue.handle({ type: 'ended', id: 1, outcome: 'stopped' }, 0);
  queue.handle({ type: 'ended', id: 2, outcome: 'done' }, 0);
  assert.deepEqual(queue.counts, { waiting: 0, running: 0, paused: 0, failed: 0, done: 1 });
  assert.ok(queue.isIdle);
});

test('a closed gate stops what runs, starts nothing, and costs no attempt', () => {
  const queue = queueOf({ concurrent: 1 });
  queue.handle({ type: 'add', items: [item(1), item(2)] }, 0);
  queue.drain();
  queue.handle({ type: 'gate', open: false }, 0);
  queue.handle({ type: 'ended', id: 1, outcome: 'stopped' }, 0);
  assert.deepEqual(queue.drain(), [{ type: 'stop', id: 1, reason: 'schedule' }]);
  assert.ok(!queue.isIdle);
  queue.handle({ type: 'gate', open: true }, 0);
  assert.deepEqual(queue.drain(), [{ type: 'start', id: 1, attempt: 1 }]);
});

test('a spent quota stops everything, and nothing starts again', () => {
  const queue = queueOf({ concurrent: 1 });
  queue.handle({ type: 'add', items: [item(1), item(2)] }, 0);
  queue.drain();
  queue.handle({ type: 'quota-spent' }, 0);
  assert.deepEqual(queue.drain(), [{ type: 'stop', id: 1, reason: 'quota' }]);
  queue.handle({ type: 'ended', id: 1, outcome: 'stopped' }, 0);
  queue.handle({ type: 'resume' }, 0);
  queue.handle({ type: 'gate', open: true }, 0);
  assert.deepEqual(queue.drain(), []);
  assert.ok(queue.isIdle && queue.isSpent);
});

test('100,000 downloads of one host and of as many hosts go through', () => {
  for (const hosts of [1, 100_000]) {
    const queue = queueOf({ concurrent: 5, perHost: 2 });
    const items = Array.from({ length: 100_000 }, (_, id) =>
      item(id, { host: `h${id % hosts}`, priority: id % 7 }),
    );
    queue.handle({ type: 'add', items }, 0);
    let steps = 0;
    for (let ids = started(queue); ids.length > 0; ids = started(queue)) {
      for (const id of ids) queue.handle({ type: 'ended', id, outcome: 'done' }, 0);
      steps += ids.length;
    }
    assert.equal(steps, 100_000);
    assert.equal(queue.counts.done, 100_000);
  }
});

test('more places are filled at once, and fewer count from the next start on', () => {
  const queue = queueOf({ concurrent: 1, perHost: 1 });
  queue.handle({ type: 'add', items: [item(1), item(2), item(3), item(4)] }, 0);
  assert.deepEqual(started(queue), [1]);
  queue.handle({ type: 'places', concurrent: 3, perHost: 3 }, 0);
  assert.deepEqual(started(queue), [2, 3]);
  queue.handle({ type: 'places', concurrent: 1, perHost: 1 }, 0);
  queue.handle({ type: 'ended', id: 1, outcome: 'done' }, 0);
  queue.handle({ type: 'ended', id: 2, outcome: 'done' }, 0);
  assert.deepEqual(queue.drain(), []);
  queue.handle({ type: 'ended', id: 3, outcome: 'done' }, 0);
  assert.deepEqual(started(queue), [4]);
});
