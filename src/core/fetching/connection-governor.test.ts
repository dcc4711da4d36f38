import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionGovernor } from './connection-governor.ts';

const MB = 1_000_000;

/** An origin whose rate depends on the number of connections; the governor is obeyed at once. */
class Origin {
  readonly governor: ConnectionGovernor;
  readonly rateOf: (connections: number) => number;
  bytes = 0;
  nowMs = 0;
  readonly counts: number[] = [];

  constructor(max: number, rateOf: (connections: number) => number, first?: number) {
    this.governor = new ConnectionGovernor(max, undefined, first);
    this.rateOf = rateOf;
  }

  run(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      const target = this.governor.target(this.nowMs);
      if (this.counts.at(-1) !== target) this.counts.push(target);
      this.nowMs += 20;
      this.bytes += this.rateOf(target) * 0.02;
      this.governor.progress(this.bytes, target, this.nowMs);
    }
  }
}

test('the count doubles up to the most that is allowed while every doubling pays', () => {
  const origin = new Origin(16, (n) => n * 10 * MB);
  origin.run(10_000);
  assert.deepEqual(origin.counts, [1, 2, 4, 8, 16]);
});

test('a count that is no power of two is reached', () => {
  const origin = new Origin(6, (n) => n * 10 * MB);
  origin.run(10_000);
  assert.deepEqual(origin.counts, [1, 2, 4, 6]);
});

test('on a link that one connection fills a second one is tried and given up', () => {
  const origin = new Origin(8, () => 12 * MB);
  origin.run(50_000);
  assert.deepEqual(origin.counts, [1, 2, 1]);
});

test('the count stays where the gain ends', () => {
  const origin = new Origin(16, (n) => Math.min(n, 4) * 5 * MB);
  origin.run(30_000);
  assert.deepEqual(origin.counts, [1, 2, 4, 8, 4]);
});

test('more connections are tried again after a minute and not before', () => {
  const origin = new Origin(4, () => 12 * MB);
  origin.run(55_000);
  assert.deepEqual(origin.counts, [1, 2, 1]);
  origin.run(40_000);
  assert.deepEqual(origin.counts, [1, 2, 1, 2, 1]);
});

test('nothing is judged while fewer connections than wanted are at work', () => {
  const governor = new ConnectionGovernor(8);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 20) governor.progress(nowMs * 10_000, 0, nowMs);
  assert.equal(governor.target(10_000), 1);
});

test('a slow link is not judged before 384 KiB have come for each connection', () => {
  const origin = new Origin(8, () => 100_000);
  origin.run(3_900);
  assert.deepEqual(origin.counts, [1]);
  origin.run(400);
  assert.deepEqual(origin.counts, [1, 2]);
});

test('a first connection that brings hardly anything is joined by a second one within a second', () => {
  const governor = new ConnectionGovernor(8);
  for (let nowMs = 0; nowMs < 900; nowMs += 20) governor.waited(1, nowMs, 20);
  assert.equal(governor.target(900), 2);
});

test('time alone opens no third connection, and none while the first is not open', () => {
  const governor = new ConnectionGovernor(8);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 20) governor.waited(0, nowMs);
  assert.equal(governor.target(60_000), 1);
  for (let nowMs = 60_000; nowMs < 120_000; nowMs += 20) governor.waited(governor.target(nowMs), nowMs);
  assert.equal(governor.target(120_000), 2);
});

test('a crawling connection does not settle how many there are', () => {
  const settled = (crawls: boolean) => {
    // The second connection brings nothing for its first second and a half.
    const origin: Origin = new Origin(8, (n) => (n === 2 && origin.nowMs < 2_000 ? 1 : n) * 10 * MB);
    origin.run(2_000);
    assert.deepEqual(origin.counts, [1, 2, 1]);
    if (crawls) origin.governor.crawled(origin.nowMs);
    origin.run(5_000);
    return origin.counts.at(-1);
  };
  assert.equal(settled(false), 1);
  assert.equal(settled(true), 8);
});

test('an origin that gives each connection 1 MB/s is asked over eight of them within 2.5 s', () => {
  const origin = new Origin(8, (n) => n * MB);
  origin.run(2_500);
  assert.deepEqual(origin.counts, [1, 2, 4, 8]);
});

test('streams that overlap for a moment hold nothing up, and what they bring does not count', () => {
  const governor = new ConnectionGovernor(2);
  let bytes = 0;
  let counts = 0;
  let at = 0;
  // Each half second one more connection is open for 100 ms, in which five times as much comes.
  for (let nowMs = 20; governor.target(nowMs) === 1 && nowMs < 10_000; nowMs += 20) {
    const overlaps = nowMs % 500 < 100;
    bytes += MB * (overlaps ? 0.1 : 0.02);
    governor.progress(bytes, overlaps ? 2 : 1, nowMs);
    at = nowMs;
  }
  assert.ok(at < 2_000, `doubled after ${at} ms`);
  // With twice as much it stays at two, as it would not had the surplus counted.
  for (let nowMs = at + 20; nowMs < at + 3_000; nowMs += 20) {
    bytes += MB * 0.04;
    governor.progress(bytes, 2, nowMs);
    counts = governor.target(nowMs);
  }
  assert.equal(counts, 2);
});

test('the count begins where it is told to, within the most that is allowed, and goes on from there', () => {
  const origin = new Origin(16, (n) => Math.min(n, 8) * 5 * MB, 8);
  origin.run(10_000);
  assert.deepEqual(origin.counts, [8, 16, 8]);
  assert.equal(new ConnectionGovernor(4, undefined, 9).target(0), 4);
  assert.equal(new ConnectionGovernor(4, undefined, 0).target(0), 1);
});

test('connections that take long to their first byte are measured after it', () => {
  const governor = new ConnectionGovernor(8);
  for (let nowMs = 0; nowMs <= 1_140; nowMs += 20) governor.progress(nowMs * 10_000, 1, nowMs, 500);
  assert.equal(governor.target(0), 1);
  for (let nowMs = 1_160; nowMs <= 1_200; nowMs += 20) governor.progress(nowMs * 10_000, 1, nowMs, 500);
  assert.equal(governor.target(0), 2);
});

test('when failures are forgiven all pauses are over and the count stays', () => {
  const governor = new ConnectionGovernor(8, () => 0.5, 4);
  governor.broken(0);
  governor.refused(0, 60_000, 0);
  assert.ok(!governor.mayOpen(1_000));
  governor.forgive();
  assert.ok(governor.mayOpen(1_000));
  assert.equal(governor.nextAttemptMs(), undefined);
  governor.broken(1_000);
  assert.ok(governor.nextAttemptMs()! - 1_000 <= 250);
});

test('a refused connection lowers the count to the others and lets them go on', () => {
  const origin = new Origin(16, (n) => n * 10 * MB);
  origin.run(10_000);
  origin.governor.refused(origin.nowMs);
  assert.equal(origin.governor.target(origin.nowMs), 15);
  assert.ok(origin.governor.mayOpen(origin.nowMs));
  origin.run(30_000);
  assert.equal(origin.counts.at(-1), 15);
});

test('when the only connection is refused the pauses double, with jitter', () => {
  const at = (random: number) => {
    const governor = new ConnectionGovernor(4, () => random);
    const waits: number[] = [];
    let nowMs = 0;
    for (let i = 0; i < 9; i += 1) {
      governor.refused(nowMs);
      waits.push(governor.nextAttemptMs()! - nowMs);
      nowMs = governor.nextAttemptMs()!;
    }
    return waits;
  };
  assert.deepEqual(at(0), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(at(0.5)[0], 750);
});

test('connections that are refused in turn, each while another is asked for, pause all the same', () => {
  const governor = new ConnectionGovernor(4);
  const mayOpenAfter = Array.from({ length: 5 }, (_, i) => {
    governor.refused(40 * i, undefined, 1);
    return governor.mayOpen(40 * i);
  });
  assert.deepEqual(mayOpenAfter, [true, true, true, true, false]);
});

test('refusals between which bytes come pause nothing', () => {
  const governor = new ConnectionGovernor(4);
  for (let i = 0; i < 20; i += 1) {
    governor.progress(1000 * (i + 1), 2, 40 * i);
    governor.refused(40 * i, undefined, 1);
  }
  assert.ok(governor.mayOpen(800));
});

test('what the origin asks for with Retry-After is kept, within five minutes', () => {
  const governor = new ConnectionGovernor(4);
  governor.refused(0, 20_000);
  assert.ok(!governor.mayOpen(19_999));
  assert.ok(governor.mayOpen(20_000));
  governor.refused(20_000, 86_400_000);
  assert.equal(governor.nextAttemptMs(), 320_000);
});

test('progress on other connections does not cut a Retry-After short', () => {
  const governor = new ConnectionGovernor(4);
  governor.progress(1, 2, 0);
  governor.refused(0, 5_000);
  governor.progress(1_000_000, 1, 100);
  assert.ok(!governor.mayOpen(4_999));
});

test('broken connections are tried again after growing pauses of at most 30 s, and progress forgives', () => {
  const governor = new ConnectionGovernor(4, () => 0.999_999);
  const waits: number[] = [];
  let nowMs = 0;
  for (let i = 0; i < 10; i += 1) {
    governor.broken(nowMs);
    waits.push(Math.round(governor.nextAttemptMs()! - nowMs));
    nowMs = governor.nextAttemptMs()!;
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  governor.progress(1, 1, nowMs);
  assert.ok(governor.mayOpen(nowMs));
  governor.broken(nowMs);
  assert.ok(governor.nextAttemptMs()! - nowMs <= 250);
});

test('connections that break together count once', () => {
  const governor = new ConnectionGovernor(4, () => 0.999_999);
  for (let i = 0; i < 4; i += 1) governor.broken(i);
  assert.ok(governor.nextAttemptMs()! <= 250);
});
