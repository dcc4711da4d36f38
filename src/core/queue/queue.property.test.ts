import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ItemOutcome, QueueEvent } from './api.ts';
import { Queue } from './queue.ts';

const anyId = fc.nat(11);
const anyWait = fc.option(fc.nat(300_000), { nil: undefined });
const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      pick: fc.nat(),
      outcome: anyOutcome(),
      waitMs: anyWait,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.nat(200_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      event: fc.oneof<fc.Arbitrary<QueueEvent>[]>(
        fc.record({
          type: fc.constantFrom('pause', 'resume', 'remove'),
          id: fc.option(anyId, { nil: undefined, freq: 9 }),
        }),
        fc.record({ type: fc.constant('priority'), id: anyId, priority: fc.integer({ min: -2, max: 2 }) }),
        fc.record({ type: fc.constant('gate'), open: fc.boolean() }),
        fc.record({ type: fc.constant('network-changed') }),
        fc.record({ type: fc.constant('add'), items: fc.array(anyItem(), { maxLength: 6 }) }),
      ),
    }),
  },
);

function anyOutcome(): fc.Arbitrary<ItemOutcome> {
  return fc.constantFrom<ItemOutcome>('done', 'done', 'failed', 'may-pass', 'held-off', 'stopped');
}

function anyItem() {
  return fc.record({
    id: anyId,
    host: fc.constantFrom('a', 'b', 'c'),
    priority: fc.integer({ min: -2, max: 2 }),
    paused: fc.boolean(),
  });
}

/** Watches a queue from outside: what runs by its commands alone, and what must hold after each event. */
class Watcher {
  readonly queue: Queue;
  readonly running = new Map<number, 'running' | 'told'>();
  readonly hosts = new Map<number, string>();
  readonly limits: { concurrent: number; perHost: number };
  gate = true;
  nowMs = 0;

  constructor(limits: { concurrent: number; perHost: number }) {
    this.limits = limits;
    this.queue = new Queue({ ...limits, retries: 2, random: () => 0.5 });
  }

  handle(event: QueueEvent): void {
    if (event.type === 'gate') this.gate = event.open;
    if (event.type === 'add') {
      const added = new Set<number>();
      for (const { id, host } of event.items) {
        if (this.queue.stateOf(id) === undefined && !added.has(id)) this.hosts.set(id, host);
        added.add(id);
      }
    }
    if (event.type === 'ended') this.running.delete(event.id);
    const wasPaused = [...this.hosts.keys()].filter((id) => this.queue.stateOf(id) === 'paused');
    this.queue.handle(event, this.nowMs);
    for (const command of this.queue.drain()) {
      if (command.type === 'start') {
        assert.ok(!this.running.has(command.id), 'nothing is started twice');
        assert.ok(this.gate, 'nothing starts before a closed gate');
        assert.ok(
          event.type === 'resume' || !wasPaused.includes(command.id),
          'what is paused does not start',
        );
        this.running.set(command.id, 'running');
      }
      if (command.type === 'stop') {
        assert.equal(this.running.get(command.id), 'running', 'only what runs is stopped, once');
        this.running.set(command.id, 'told');
      }
    }
    this.#check();
  }

  #check(): void {
    const { concurrent, perHost } = this.limits;
    assert.ok(this.running.size <= concurrent, 'never more than allowed');
    const byHost = Map.groupBy(this.running.keys(), (id) => this.hosts.get(id)!);
    for (const ids of byHost.values())
      assert.ok(ids.length <= perHost, 'never more of one host than allowed');
    assert.equal(this.queue.counts.running, this.running.size);
    const waiting = [...this.hosts.keys()].filter((id) => this.queue.stateOf(id) === 'waiting');
    if (!this.gate || this.running.size === concurrent) return;
    const free = waiting.filter((id) => (byHost.get(this.hosts.get(id)!)?.length ?? 0) < perHost);
    assert.deepEqual(free, [], 'nothing waits that may run');
  }
}

test('whatever happens: never more than allowed, no idle place, and in the end everything ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(anyItem(), { maxLength: 12 }),
      fc.array(anyStep, { maxLength: 60 }),
      (concurrent, perHost, items, steps) => {
        const watcher = new Watcher({ concurrent, perHost });
        const { queue } = watcher;
        watcher.handle({ type: 'add', items });
        for (const step of steps) {
          if (step.do === 'event') watcher.handle(step.event);
          else if (step.do === 'time') {
            watcher.nowMs += step.ms;
            watcher.handle({ type: 'tick' });
          } else {
            const ids = [...watcher.running.keys()];
            const id = ids[step.pick % Math.max(1, ids.length)];
            if (id !== undefined)
              watcher.handle({ type: 'ended', id, outcome: step.outcome, waitMs: step.waitMs });
          }
        }
        // From here on all fails as long as it may: it still ends.
        watcher.handle({ type: 'gate', open: true });
        watcher.handle({ type: 'resume' });
        for (let round = 0; !queue.isIdle; round++) {
          assert.ok(round < 200, 'it ends');
          const [id] = watcher.running.keys();
          if (id !== undefined) watcher.handle({ type: 'ended', id, outcome: 'may-pass' });
          else {
            watcher.nowMs = queue.deadline()!;
            watcher.handle({ type: 'tick' });
          }
        }
        const left = [...watcher.hosts.keys()].map((id) => queue.stateOf(id));
        assert.ok(
          left.every((state) => state === undefined || state === 'failed' || state === 'paused'),
          'nothing is left over',
        );
      },
    ),
    { numRuns: 1500 },
  );
});

test('with nothing else going on, the order of starts is by priority and then by arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 }), (priorities) => {
      const queue = new Queue({ concurrent: 1, perHost: 1, retries: 0, random: () => 0 });
      const items = priorities.map((priority, id) => ({ id, host: `h${id % 3}`, priority }));
      // Something runs while they arrive, so that none of them has an advantage.
      queue.handle({ type: 'add', items: [{ id: -1, host: 'first', priority: 0 }, ...items] }, 0);
      const order: number[] = [];
      for (;;) {
        const start = queue.drain().find((command) => command.type === 'start');
        if (start === undefined) break;
        if (start.id >= 0) order.push(start.id);
        queue.handle({ type: 'ended', id: start.id, outcome: 'done' }, 0);
      }
      const expected = items.toSorted((a, b) => b.priority - a.priority || a.id - b.id).map(({ id }) => id);
      assert.deepEqual(order, expected);
    }),
    { numRuns: 300 },
  );
});
