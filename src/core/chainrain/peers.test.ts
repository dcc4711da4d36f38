import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PullTracker } from './peers.ts';

const MIB = 1024 * 1024;

/** A pull of so many bytes that runs at so many bytes a second, in steps of 50 ms. */
function run(tracker: PullTracker, pull: number, bytes: number, rate: number, startMs: number): number {
  tracker.start(pull, bytes, startMs);
  let nowMs = startMs;
  for (let left = bytes; left >= 1; left -= rate / 20) {
    nowMs += 50;
    tracker.progress(pull, Math.min(rate / 20, left), nowMs);
  }
  tracker.end(pull, 'complete', nowMs);
  return nowMs;
}

function assertNear(actual: number, expected: number, share: number): void {
  assert.ok(Math.abs(actual - expected) <= share * expected, `${actual} is not about ${expected}`);
}

test('the queue is what was asked for and has not arrived', () => {
  const tracker = new PullTracker();
  tracker.start(1, 100, 0);
  tracker.start(2, 50, 0);
  tracker.progress(1, 30, 10);
  assert.equal(tracker.queuedBytes, 120);
  assert.equal(tracker.activePulls, 2);
  tracker.end(1, 'stopped', 20);
  assert.equal(tracker.queuedBytes, 50);
  tracker.end(2, 'complete', 20);
  assert.equal(tracker.queuedBytes, 0);
});

test('a peer that sends more than it was asked for does not make the queue negative', () => {
  const tracker = new PullTracker();
  tracker.start(1, 100, 0);
  tracker.progress(1, 1000, 10);
  assert.equal(tracker.queuedBytes, 0);
});

test('the rate is what the peer sends', () => {
  const tracker = new PullTracker();
  const endMs = run(tracker, 1, 10 * MIB, 2 * MIB, 1_000_000);
  assertNear(tracker.rate(endMs), 2 * MIB, 0.03);
});

test('time without a request does not lower the rate', () => {
  const tracker = new PullTracker();
  let nowMs = 0;
  for (let pull = 0; pull < 20; pull++) nowMs = 3000 + run(tracker, pull, MIB, 4 * MIB, nowMs);
  assertNear(tracker.rate(nowMs), 4 * MIB, 0.1);
  assertNear(tracker.rate(nowMs + 10_000_000), 4 * MIB, 0.1);
});

test('the rate follows a peer that becomes slower', () => {
  const tracker = new PullTracker();
  const nowMs = run(tracker, 1, 40 * MIB, 10 * MIB, 0);
  const endMs = run(tracker, 2, 10 * MIB, MIB, nowMs);
  assertNear(tracker.rate(endMs), MIB, 0.2);
});

test('bytes that came lately are forgotten in time', () => {
  const tracker = new PullTracker();
  const endMs = run(tracker, 1, MIB, 20 * MIB, 0);
  assert.ok(tracker.recentBytes(endMs) > 0.9 * MIB);
  assert.ok(tracker.recentBytes(endMs + 20_000) < 0.01 * MIB);
});

test('a pull that gets nothing for two seconds has stalled, and the deadline says when', () => {
  const tracker = new PullTracker();
  const startMs = run(tracker, 1, 4 * MIB, 20 * MIB, 0);
  tracker.start(2, MIB, startMs);
  assert.equal(tracker.deadline(startMs), startMs + 2000);
  assert.deepEqual(tracker.stalled(startMs + 1999), []);
  assert.deepEqual(tracker.stalled(startMs + 2000), [2]);
});

test('a stall does not make for more patience', () => {
  const tracker = new PullTracker();
  const startMs = run(tracker, 1, 4 * MIB, 20 * MIB, 0);
  tracker.start(2, MIB, startMs);
  tracker.rate(startMs + 1900);
  assert.equal(tracker.deadline(startMs + 1900), startMs + 2000);
});

test('a long queue at a slow peer is waited for, within limits', () => {
  const tracker = new PullTracker();
  const startMs = run(tracker, 1, 4 * MIB, MIB, 0);
  tracker.start(2, 2 * MIB, startMs);
  assertNear(tracker.deadline(startMs)! - startMs, 8000, 0.05);
  tracker.start(3, 1000 * MIB, startMs);
  assert.equal(tracker.deadline(startMs), startMs + 30_000);
});

test('progress puts the stall off', () => {
  const tracker = new PullTracker();
  const startMs = run(tracker, 1, 4 * MIB, 20 * MIB, 0);
  tracker.start(2, MIB, startMs);
  tracker.progress(2, 1000, startMs + 1500);
  assert.deepEqual(tracker.stalled(startMs + 2500), []);
});

test('a peer that fails is left alone for longer each time, up to half a minute', () => {
  const tracker = new PullTracker();
  const waits: number[] = [];
  let nowMs = 0;
  for (let pull = 0; pull < 8; pull++) {
    tracker.start(pull, MIB, nowMs);
    tracker.end(pull, 'broken', nowMs);
    const untilMs = tracker.deadline(nowMs)!;
    assert.equal(tracker.isAvoided(untilMs - 1), true);
    assert.equal(tracker.isAvoided(untilMs), false);
    waits.push(untilMs - nowMs);
    nowMs = untilMs;
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('pulls that fail together count once, and a success wipes it out', () => {
  const tracker = new PullTracker();
  for (const pull of [1, 2, 3]) tracker.start(pull, MIB, 0);
  for (const pull of [1, 2, 3]) tracker.end(pull, 'stalled', 0);
  assert.equal(tracker.deadline(0), 4000);
  run(tracker, 4, MIB, MIB, 4000);
  tracker.start(5, MIB, 10_000);
  tracker.end(5, 'stalled', 10_000);
  assert.equal(tracker.deadline(10_000), 14_000);
});

test('a pull that this member stopped is no failure, and one that is unknown nothing at all', () => {
  const tracker = new PullTracker();
  tracker.start(1, MIB, 0);
  tracker.end(1, 'stopped', 5);
  tracker.end(1, 'broken', 6);
  tracker.end(9, 'refused', 7);
  assert.equal(tracker.isAvoided(7), false);
  assert.equal(tracker.deadline(7), undefined);
});

test('a peer is shown to the policy as it is', () => {
  const tracker = new PullTracker();
  const nowMs = run(tracker, 1, 8 * MIB, 8 * MIB, 0);
  tracker.start(2, MIB, nowMs);
  const peer = tracker.asPeer('ann', MIB, { useful: 3, has: (piece) => piece === 7 }, nowMs);
  assert.deepEqual([peer.id, peer.useful, peer.queuedBytes, peer.activePulls], ['ann', 3, MIB, 1]);
  assert.deepEqual([peer.has(7), peer.has(8)], [true, false]);
  assertNear(peer.maxQueueBytes, 4 * MIB, 0.1);
});
