import type {
  ItemState,
  NewItem,
  QueueCommand,
  QueueCounts,
  QueueEvent,
  QueueLimits,
  StopReason,
} from './api.ts';
import { Heap } from './heap.ts';
import { type Waiting, WaitingLine } from './waiting-line.ts';

/** Pauses before a failed download is tried again; the last one stays. */
const REST_MS = [5_000, 30_000, 120_000] as const;
/** Nothing rests for longer, whatever a host asks for. */
const MAX_REST_MS = 3_600_000;

type Ended = Extract<QueueEvent, { type: 'ended' }>;

interface Item extends Waiting {
  readonly id: number;
  state: ItemState;
  /** Started so many times since somebody last asked for it. */
  attempts: number;
  /** While it rests: until then. */
  untilMs: number;
  /** While it stops: what it is stopped for. */
  reason: StopReason | undefined;
}

/**
 * Decides which downloads run. Never more at once than allowed, in all and of one host; by priority, then in order of
 * arrival; a failed one rests before it is tried again, and holds up nobody meanwhile. Items that are done or removed
 * are forgotten. Every event costs O(log n), or O(n log n) when it is about all of them.
 */
export class Queue {
  readonly #limits: QueueLimits;
  readonly #items = new Map<number, Item>();
  readonly #line: WaitingLine<Item>;
  readonly #resting = new Heap<Item>((a, b) => a.untilMs < b.untilMs);
  readonly #counts: Record<ItemState | 'done', number> = {
    waiting: 0,
    resting: 0,
    running: 0,
    stopping: 0,
    paused: 0,
    failed: 0,
    done: 0,
  };
  #commands: QueueCommand[] = [];
  #arrivals = 0;
  #concurrent: number;
  #open = true;
  #spent = false;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
    this.#concurrent = limits.concurrent;
    this.#line = new WaitingLine(limits.perHost);
  }

  /** `nowMs` never goes back. */
  handle(event: QueueEvent, nowMs: number): void {
    switch (event.type) {
      case 'tick':
        break;
      case 'add':
        for (const item of event.items) this.#add(item);
        break;
      case 'pause':
      case 'remove':
      case 'resume':
        for (const item of this.#named(event.id)) this.#ask(item, event.type, event.id !== undefined);
        break;
      case 'priority':
        this.#prioritise(this.#items.get(event.id), event.priority);
        break;
      case 'ended':
        this.#ended(this.#items.get(event.id), event, nowMs);
        break;
      case 'gate':
        this.#open = event.open;
        if (!event.open) this.#stopAll('schedule');
        break;
      case 'quota-spent':
        this.#spent = true;
        this.#stopAll('quota');
        break;
      case 'places':
        this.#concurrent = event.concurrent;
        this.#line.setPerHost(event.perHost);
        break;
      case 'network-changed':
        this.#wake(Number.POSITIVE_INFINITY);
        break;
    }
    this.#wake(nowMs);
    this.#fill();
  }

  /** What to do now, each once. */
  drain(): readonly QueueCommand[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  /** When it wants to be woken: the end of the first rest. */
  deadline(): number | undefined {
    return this.#resting.first?.untilMs;
  }

  get counts(): QueueCounts {
    const { waiting, resting, running, stopping, paused, failed, done } = this.#counts;
    return { waiting: waiting + resting, running: running + stopping, paused, failed, done };
  }

  /** Undefined for what is done, removed or was never there. */
  stateOf(id: number): ItemState | undefined {
    return this.#items.get(id)?.state;
  }

  /** Nothing runs and nothing will: everything is done or has failed, or is paused or waits in vain for a quota. */
  get isIdle(): boolean {
    const { waiting, running } = this.counts;
    return running === 0 && (waiting === 0 || this.#spent);
  }

  get isSpent(): boolean {
    return this.#spent;
  }

  #named(id: number | undefined): readonly Item[] {
    if (id === undefined) return [...this.#items.values()];
    const item = this.#items.get(id);
    return item === undefined ? [] : [item];
  }

  #add({ id, host, priority, paused }: NewItem): void {
    if (this.#items.has(id)) return;
    const state = paused === true ? 'paused' : 'waiting';
    const order = this.#arrivals++;
    const item: Item = {
      id,
      host,
      priority,
      order,
      state,
      attempts: 0,
      untilMs: 0,
      reason: undefined,
      place: -1,
    };
    this.#items.set(id, item);
    this.#counts[state]++;
    if (state === 'waiting') this.#line.put(item);
  }

  #ask(item: Item, what: 'pause' | 'resume' | 'remove', named: boolean): void {
    if (item.state === 'running') {
      if (what !== 'resume') this.#stop(item, what === 'pause' ? 'paused' : 'removed');
    } else if (item.state === 'stopping') {
      // What was removed stays removed; what is to be resumed first has to end, and then waits.
      if (item.reason === 'removed') return;
      item.reason = what === 'remove' ? 'removed' : what === 'pause' ? 'paused' : 'schedule';
    } else if (what === 'remove') this.#move(item, undefined);
    else if (what === 'pause') {
      if (item.state !== 'failed') this.#move(item, 'paused');
    } else if (item.state === 'paused' || named) {
      item.attempts = 0;
      this.#move(item, 'waiting');
    }
  }

  #prioritise(item: Item | undefined, priority: number): void {
    if (item === undefined || item.priority === priority) return;
    item.priority = priority;
    if (item.state === 'waiting') this.#line.put(item);
  }

  #stopAll(reason: StopReason): void {
    if (this.#counts.running === 0) return;
    for (const item of this.#items.values()) if (item.state === 'running') this.#stop(item, reason);
  }

  #stop(item: Item, reason: StopReason): void {
    item.reason = reason;
    this.#move(item, 'stopping');
    this.#commands.push({ type: 'stop', id: item.id, reason });
  }

  #ended(item: Item | undefined, { outcome, waitMs = 0 }: Ended, nowMs: number): void {
    if (item === undefined || (item.state !== 'running' && item.state !== 'stopping')) return;
    const { reason, id } = item;
    item.reason = undefined;
    if (outcome === 'done') {
      this.#move(item, undefined);
      this.#counts.done++;
    } else if (reason === 'removed') this.#move(item, undefined);
    else if (outcome === 'failed') this.#giveUp(item);
    else if (reason !== undefined) {
      // It did not fail, or it failed while it was told to stop: that does not count as an attempt.
      item.attempts = Math.max(0, item.attempts - 1);
      this.#move(item, reason === 'paused' ? 'paused' : 'waiting');
    } else if (outcome === 'stopped') this.#move(item, 'paused');
    else if (outcome === 'may-pass' && item.attempts > this.#limits.retries) this.#giveUp(item);
    else {
      const restMs = Math.min(MAX_REST_MS, Math.max(this.#restMs(item.attempts), waitMs));
      if (outcome === 'held-off') item.attempts -= 1;
      item.untilMs = nowMs + restMs;
      this.#move(item, 'resting');
      this.#commands.push({ type: 'resting', id, waitMs: restMs });
    }
  }

  #giveUp(item: Item): void {
    this.#move(item, 'failed');
    this.#commands.push({ type: 'gave-up', id: item.id });
  }

  /** A quarter more or less than the pause for this attempt. */
  #restMs(attempt: number): number {
    const restMs = REST_MS[Math.min(attempt, REST_MS.length) - 1] ?? REST_MS[0];
    return Math.round(restMs * (0.75 + this.#limits.random() / 2));
  }

  #wake(untilMs: number): void {
    for (let item = this.#resting.first; item && item.untilMs <= untilMs; item = this.#resting.first)
      this.#move(item, 'waiting');
  }

  #fill(): void {
    if (!this.#open || this.#spent) return;
    while (this.#counts.running + this.#counts.stopping < this.#concurrent) {
      const item = this.#line.next;
      if (item === undefined) return;
      item.attempts++;
      this.#move(item, 'running');
      this.#commands.push({ type: 'start', id: item.id, attempt: item.attempts });
    }
  }

  /** The only place where a state changes, so that lines and counts always agree with it. Undefined: forgotten. */
  #move(item: Item, state: ItemState | undefined): void {
    const before = item.state;
    this.#counts[before]--;
    if (before === 'waiting') this.#line.remove(item);
    if (before === 'resting') this.#resting.remove(item);
    const wasActive = before === 'running' || before === 'stopping';
    const isActive = state === 'running' || state === 'stopping';
    if (wasActive !== isActive) this.#line.countRunning(item.host, isActive ? 1 : -1);
    if (state === undefined) {
      this.#items.delete(item.id);
      return;
    }
    item.state = state;
    this.#counts[state]++;
    if (state === 'waiting') this.#line.put(item);
    if (state === 'resting') this.#resting.put(item);
  }
}
