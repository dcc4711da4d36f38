import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Availability } from '../chainrain/availability.ts';
import type { Command } from '../contract.ts';
import { Geometry } from '../geometry.ts';
import { Ledger } from '../ledger.ts';
import type { Run } from '../ranges.ts';
import { LanSide } from './lan-side.ts';

const PIECE = 256 * 1024;
const FILE = 8 * PIECE + 1000;

type Pull = Extract<Command, { type: 'pull' }>;

class Desk {
  readonly ledger: Ledger;
  readonly availability = new Availability();
  readonly side: LanSide;
  readonly pulls: Pull[] = [];
  readonly stopped: number[] = [];
  nowMs = 0;
  #writers = 0;

  constructor(size: number | 'unknown' = FILE, held: readonly number[] = []) {
    this.ledger = new Ledger(new Geometry(size === 'unknown' ? undefined : size, PIECE), held);
    this.side = new LanSide({
      me: 'me',
      download: 'd0',
      ledger: this.ledger,
      availability: this.availability,
      random: () => 0,
      nextWriter: () => ++this.#writers,
      emit: (command) => {
        if (command.type === 'pull') this.pulls.push(command);
        if (command.type === 'stop-pull') this.stopped.push(command.pull);
      },
    });
  }

  /** A peer that says that it holds these pieces. */
  peer(id: string, ...runs: Run[]): void {
    this.availability.peerUp(id);
    assert.equal(this.availability.have(id, runs), true);
    this.side.schedule(this.nowMs);
  }

  /** The next bytes of a pull; full pieces are held. */
  deliver({ pull, end }: Pull, bytes = Number.POSITIVE_INFINITY): void {
    const { start } = this.ledger.remaining(pull);
    const range = { start, end: Math.min(end, start + bytes) };
    for (const piece of this.side.bytes({ type: 'pull-bytes', download: 'd0', pull, ...range }, this.nowMs)) {
      this.ledger.hold(piece);
    }
  }

  end({ pull }: Pull, outcome: 'complete' | 'stopped' | 'broken' | 'refused'): void {
    this.side.ended({ type: 'pull-ended', download: 'd0', pull, outcome }, this.nowMs);
    this.side.schedule(this.nowMs);
  }
}

test('pieces that a peer holds and this member lacks are pulled, each once', () => {
  const desk = new Desk(FILE, [0, 1]);
  desk.peer('a', { start: 0, end: 4 });
  for (let i = 0; i < 10 && desk.pulls.length > i; i++) {
    const pull = desk.pulls[i]!;
    desk.deliver(pull);
    desk.end(pull, 'complete');
  }
  const pulled = desk.pulls.flatMap(({ start, end }) => [start, end]);
  assert.equal(Math.min(...pulled), 2 * PIECE);
  assert.equal(
    desk.pulls.reduce((sum, { start, end }) => sum + end - start, 0),
    2 * PIECE,
  );
  assert.deepEqual([...desk.ledger.held], [0, 1, 2, 3]);
  assert.equal(desk.side.isBusy, false);
});

test('a piece that the origin is bringing is not pulled, and is when the stream gives it up', () => {
  const desk = new Desk();
  const range = { start: 0, end: 2 * PIECE };
  desk.ledger.claim(100, range, 'origin');
  desk.side.refresh(range);
  desk.peer('a', { start: 0, end: 2 });
  assert.deepEqual(desk.pulls, []);
  desk.ledger.release(100);
  desk.side.refresh(range);
  desk.side.schedule(0);
  assert.ok(desk.pulls.length > 0);
});

test('what is left of an attempt that broke off is not kept: the piece is pulled whole', () => {
  const desk = new Desk();
  desk.peer('a', { start: 3, end: 4 });
  desk.deliver(desk.pulls[0]!, 1_000);
  desk.end(desk.pulls[0]!, 'broken');
  desk.nowMs = desk.side.deadline()!;
  desk.side.tick(desk.nowMs);
  desk.side.schedule(desk.nowMs);
  assert.deepEqual([desk.pulls[1]!.start, desk.pulls[1]!.end], [3 * PIECE, 4 * PIECE]);
});

test('a peer that refuses is left alone for a while, and another one is asked', () => {
  const desk = new Desk();
  desk.peer('a', { start: 3, end: 4 });
  desk.end(desk.pulls[0]!, 'refused');
  assert.equal(desk.pulls.length, 1);
  assert.equal(desk.side.canGet(3), false);
  assert.equal(desk.side.isAvoided('a', desk.nowMs), true);
  desk.peer('b', { start: 3, end: 4 });
  assert.equal(desk.pulls[1]!.from, 'b');
});

test('a pull that gets nothing is stopped, and its piece goes to somebody else', () => {
  const desk = new Desk();
  desk.peer('a', { start: 3, end: 4 });
  desk.peer('b', { start: 3, end: 4 });
  const [first] = desk.pulls;
  desk.nowMs = desk.side.deadline()!;
  desk.side.tick(desk.nowMs);
  assert.deepEqual(desk.stopped, [first!.pull]);
  desk.end(first!, 'stopped');
  assert.equal(desk.pulls.length, 2);
  assert.notEqual(desk.pulls[1]!.from, first!.from);
});

test('when a peer goes its pulls are stopped, and those of others go on', () => {
  const desk = new Desk();
  desk.peer('a', { start: 3, end: 4 });
  desk.peer('b', { start: 5, end: 6 });
  desk.side.peerDown('a');
  assert.deepEqual(desk.stopped, [desk.pulls.find(({ from }) => from === 'a')!.pull]);
});

test('a forbidden piece is not pulled until the origin is out of reach', () => {
  const desk = new Desk();
  desk.side.forbid(3);
  desk.peer('a', { start: 3, end: 4 });
  assert.deepEqual(desk.pulls, []);
  assert.equal(desk.side.canGet(3), false);
  desk.side.refresh({ start: 3 * PIECE, end: 4 * PIECE });
  desk.side.schedule(0);
  assert.deepEqual(desk.pulls, []);
  desk.side.allowAll();
  desk.side.schedule(0);
  assert.equal(desk.pulls.length, 1);
});

test('a fragment is pulled from who offers it, beside what the origin still brings of the piece', () => {
  const desk = new Desk();
  desk.ledger.claim(100, { start: 0, end: 100_000 }, 'origin');
  desk.side.pullFragment('a', { start: 100_000, end: PIECE }, 0);
  assert.deepEqual([desk.pulls[0]!.from, desk.pulls[0]!.start, desk.pulls[0]!.end], ['a', 100_000, PIECE]);
  assert.equal(desk.side.isPulling(0), true);
  assert.equal(desk.side.isPulling(1), false);
});

test('bytes of a pull that is over change nothing', () => {
  const desk = new Desk();
  desk.peer('a', { start: 3, end: 4 });
  const [pull] = desk.pulls;
  desk.end(pull!, 'stopped');
  const event = {
    type: 'pull-bytes',
    download: 'd0',
    pull: pull!.pull,
    start: 3 * PIECE,
    end: 4 * PIECE,
  } as const;
  assert.deepEqual(desk.side.bytes(event, 0), []);
  assert.equal(
    desk.side.ended({ type: 'pull-ended', download: 'd0', pull: pull!.pull, outcome: 'complete' }, 0),
    undefined,
  );
});

test('a piece that is full and waits for its hash is not pulled again when the size becomes known', () => {
  const desk = new Desk('unknown');
  desk.peer('a', { start: 0, end: 1 });
  const [pull] = desk.pulls;
  desk.side.bytes({ type: 'pull-bytes', download: 'd0', pull: pull!.pull, start: 0, end: PIECE }, 0);
  desk.end(pull!, 'complete');
  desk.ledger.setGeometry(new Geometry(FILE, PIECE));
  desk.side.sizeKnown();
  desk.side.schedule(0);
  assert.equal(desk.pulls.length, 1);
  desk.peer('b', { start: 8, end: 9 });
  assert.deepEqual([desk.pulls[1]!.start, desk.pulls[1]!.end], [8 * PIECE, FILE]);
});
