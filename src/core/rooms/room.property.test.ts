import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Message } from '../messages.ts';
import { Room } from './room.ts';

/** Sessions end this long after the network is cut. */
const NOTICE_MS = 800;
const REPEAT_MS = 5_000;

interface Weather {
  readonly forMs: number;
  /** Members with the same number reach each other. */
  readonly groups: readonly number[];
  readonly lossPercent: number;
  /** This member dies at the beginning, and comes back at once without any memory of the room. */
  readonly restart?: number | undefined;
}

interface Model {
  readonly places: 'joiners' | 'static';
  readonly count: number;
  readonly weather: readonly Weather[];
  readonly seed: number;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

/** Rooms that dial, lose and find each other over a network in changing weather. */
class Network {
  nowMs = 0;
  readonly rooms: Room[];
  readonly #model: Model;
  readonly #links = new Map<string, number>();
  #groups: readonly number[];
  #lossPercent = 0;
  #due: Due[] = [];
  #order = 0;
  #random: number;

  constructor(model: Model) {
    this.#model = model;
    this.#random = model.seed;
    this.#groups = Array.from({ length: model.count }, () => 0);
    this.rooms = this.#groups.map((_, i) =>
      makeRoom(i, model.places === 'static' || i === 0 ? i + 1 : undefined),
    );
    for (let i = 0; i < model.count; i++) this.#drain(i);
    for (let i = 1; i < model.count; i++) this.#later(i * 30, () => this.#findRoom(i));
    this.#repeat();
  }

  run(): void {
    for (const { forMs, groups, lossPercent, restart } of this.#model.weather) {
      if (restart !== undefined) this.#restart(restart);
      this.#groups = groups;
      this.#lossPercent = lossPercent;
      for (const key of this.#links.keys()) {
        const [a, b] = key.split(' ').map(Number) as [number, number];
        if (a < b && !this.#reach(a, b)) this.#later(NOTICE_MS * (1 + this.#chance()), () => this.#cut(a, b));
      }
      this.#pass(forMs);
    }
    this.#groups = this.#groups.map(() => 0);
    this.#lossPercent = 0;
    this.#pass(90_000);
  }

  #pass(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (let steps = 0; ; steps++) {
      assert.ok(steps < 100_000, 'no storm');
      const wakes = this.rooms.map((room) => room.deadline() ?? Number.POSITIVE_INFINITY);
      const wakeMs = Math.max(this.nowMs, Math.min(...wakes));
      const due = this.#due[0];
      const nextMs = Math.min(due?.atMs ?? Number.POSITIVE_INFINITY, wakeMs);
      if (nextMs > endMs) break;
      this.nowMs = nextMs;
      if (due && due.atMs <= wakeMs) {
        this.#due.shift();
        due.act();
      } else {
        const i = wakes.indexOf(Math.min(...wakes));
        this.rooms[i]!.tick(this.nowMs);
        this.#drain(i);
        assert.ok(
          (this.rooms[i]!.deadline() ?? Number.POSITIVE_INFINITY) > this.nowMs,
          'a tick does what is due',
        );
      }
    }
    this.nowMs = endMs;
  }

  /** A network that is cut takes messages and does not give them back. */
  #drain(i: number): void {
    for (const command of this.rooms[i]!.drain()) {
      if (command.type === 'dial') this.#dial(i, Number(command.peer.slice(1)));
      if (command.type === 'send') this.#send(i, Number(command.to.slice(1)), command.message);
    }
  }

  #send(from: number, to: number, message: Message): void {
    const session = this.#links.get(`${from} ${to}`);
    if (session === undefined || this.#chance() * 100 < this.#lossPercent) return;
    this.#later(5, () => {
      if (this.#links.get(`${from} ${to}`) !== session || !this.#reach(from, to)) return;
      const room = this.rooms[to]!;
      if (message.type === 'coordinate') room.onCoordinate(`m${from}`, message);
      if (message.type === 'roster') room.onRoster(`m${from}`, message, this.nowMs);
      this.#drain(to);
    });
  }

  #dial(from: number, to: number): void {
    this.#later(10 + 10 * this.#chance(), () => {
      if (!this.#reach(from, to) || this.#links.has(`${from} ${to}`)) return;
      for (const [a, b] of [
        [from, to],
        [to, from],
      ] as const) {
        this.#links.set(`${a} ${b}`, this.#order);
        this.rooms[a]!.peerUp(
          { id: `m${b}`, name: '', addresses: [`m${b}:1`], certificate: new Uint8Array() },
          this.nowMs,
        );
      }
      this.#drain(from);
      this.#drain(to);
    });
  }

  /** A member without a session goes on dialling whom it knows from its invite. */
  #findRoom(i: number): void {
    if (this.rooms[i]!.sessions.size > 0) return;
    for (const j of this.rooms.keys()) if (i !== j) this.#dial(i, j);
    this.#later(1_000, () => this.#findRoom(i));
  }

  #restart(i: number): void {
    for (const j of this.rooms.keys()) {
      if (!this.#links.delete(`${i} ${j}`)) continue;
      this.#links.delete(`${j} ${i}`);
      this.rooms[j]!.peerDown(`m${i}`, false, this.nowMs);
      this.#drain(j);
    }
    this.rooms[i] = makeRoom(i, this.#model.places === 'static' ? i + 1 : undefined);
    this.#drain(i);
    this.#findRoom(i);
  }

  #cut(a: number, b: number): void {
    if (this.#reach(a, b)) return;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!this.#links.delete(`${one} ${other}`)) continue;
      this.rooms[one]!.peerDown(`m${other}`, false, this.nowMs);
      this.#drain(one);
    }
  }

  #repeat(): void {
    this.#later(REPEAT_MS, () => {
      for (const [i, room] of this.rooms.entries()) {
        room.repeat();
        this.#drain(i);
      }
      this.#repeat();
    });
  }

  #reach(a: number, b: number): boolean {
    return this.#groups[a] === this.#groups[b];
  }

  #later(delayMs: number, act: () => void): void {
    this.#due.push({ atMs: this.nowMs + delayMs, order: ++this.#order, act });
    this.#due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  }

  #chance(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 2 ** 32;
  }
}

function makeRoom(i: number, seniority: number | undefined): Room {
  const me = { id: `m${i}`, name: `m${i}`, addresses: [`m${i}:1`], certificate: new Uint8Array() };
  return new Room({ me, seniority });
}

const model: fc.Arbitrary<Model> = fc.integer({ min: 2, max: 5 }).chain((count) =>
  fc.record({
    places: fc.constantFrom('joiners' as const, 'static' as const),
    count: fc.constant(count),
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
    weather: fc.array(
      fc.record({
        forMs: fc.integer({ min: 500, max: 20_000 }),
        groups: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: count, maxLength: count }),
        lossPercent: fc.constantFrom(0, 0, 20, 60),
        restart: fc.option(fc.integer({ min: 0, max: count - 1 }), { nil: undefined, freq: 3 }),
      }),
      { maxLength: 4 },
    ),
  }),
);

test('once everybody can reach everybody, all follow one coordinator that knows it', () => {
  fc.assert(
    fc.property(model, (model) => {
      // A joiner gets its first session before the weather turns.
      const calm = { forMs: 400, groups: Array.from({ length: model.count }, () => 0), lossPercent: 0 };
      const network = new Network({ ...model, weather: [calm, ...model.weather] });
      network.run();
      const { rooms } = network;
      assert.deepEqual(
        rooms.map((room) => room.sessions.size),
        rooms.map(() => model.count - 1),
      );
      assert.deepEqual(new Set(rooms.map((room) => room.coordinator)).size, 1);
      assert.deepEqual(new Set(rooms.map((room) => room.epoch)).size, 1);
      assert.equal(rooms.filter((room) => room.isCoordinator).length, 1);
    }),
    { numRuns: 300 },
  );
});
