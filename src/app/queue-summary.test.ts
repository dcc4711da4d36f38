import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aloneState, downloadState, engineState, roomState } from '../testing/cli/states.ts';
import { Pace } from './pace.ts';
import { isUnderWay } from './queue-state.ts';
import { currentDownload, hasQueue, isSeveral, queueSummary } from './queue-summary.ts';
import type { DownloadStatus } from './state.ts';

/** Downloads alone in these states, 10 bytes of 100 each. */
function downloads(...statuses: DownloadStatus[]) {
  return statuses.map((status, i) =>
    downloadState({ id: i + 1, status, heldBytes: 10, sizeBytes: 100, originRate: 0 }),
  );
}

test('each state falls under one count, and what is being removed under none', () => {
  const { queue } = engineState(
    downloads('waiting', 'finding', 'running', 'checking', 'paused', 'failed', 'done', 'removed'),
  );
  const { waiting, running, paused, failed, done } = queue;
  assert.deepEqual(
    { waiting, running, paused, failed, done },
    { waiting: 1, running: 3, paused: 1, failed: 1, done: 1 },
  );
});

test('amounts are of what runs and of what is done', () => {
  const { queue } = engineState(downloads('waiting', 'running', 'paused', 'failed', 'done'));
  assert.deepEqual([queue.heldBytes, queue.sizeBytes], [20, 200]);
});

test('in a room what waits is under way, and its size is known', () => {
  const state = roomState(
    ['alice'],
    { status: 'running' },
    { status: 'waiting', sizeBytes: 7, heldBytes: 0 },
  );
  assert.deepEqual(state.downloads.map(isUnderWay), [true, true]);
  assert.equal(state.queue.sizeBytes, 1000 * 1024 * 1024 + 7);
});

test('the time left counts those whose size is not known yet, at the size of the others', () => {
  const [one] = downloads('running');
  const running = { ...one!, originRate: 6, lanRate: 4 };
  assert.equal(queueSummary(engineState([running], { waiting: 9 })).leftMs, ((90 + 9 * 100) / 10) * 1000);
  assert.equal(queueSummary(engineState([running])).leftMs, (90 / 10) * 1000);
});

test('nothing is estimated while nothing moves', () => {
  assert.equal(queueSummary(engineState(downloads('running', 'waiting'))).leftMs, undefined);
});

test('files too small for a rate have the one that their number tells', () => {
  const pace = new Pace();
  const at = (done: number) => engineState([], { waiting: 1000 - done, done, heldBytes: done * 5 });
  for (let second = 0; second <= 20; second++) pace.note(at(second * 10), second * 1000);
  const { rate, leftMs } = queueSummary(at(200), pace);
  assert.deepEqual([rate, leftMs], [50, 80_000]);
});

test('the pace forgets what is long past, and notes nothing of a single download or a room', () => {
  const pace = new Pace();
  pace.note(engineState([], { waiting: 1000 }), 0);
  pace.note(engineState([], { done: 1000 }), 1000);
  for (let second = 2; second <= 20; second++) pace.note(engineState([], { done: 1000 }), second * 1000);
  assert.equal(pace.filesPerSecond, 0);
  const other = new Pace();
  const room = roomState(['alice']);
  for (const done of [0, 10]) {
    other.note({ ...room, queue: { ...room.queue, done } }, done * 100);
    other.note(engineState([], { done: done / 10 }), done * 100 + 1);
  }
  assert.equal(other.filesPerSecond, 0);
});

test('there is a queue to speak of with several downloads alone, or one that waits for its hour', () => {
  assert.equal(hasQueue(aloneState()), false);
  assert.equal(hasQueue(engineState(downloads('waiting'), { opensAtMs: 5 })), true);
  assert.equal(hasQueue(engineState(downloads('waiting', 'done'))), true);
  const room = roomState(['alice'], {}, {});
  assert.deepEqual([isSeveral(room), hasQueue(room)], [true, false]);
});

test('the current download is the first under way, else the last that is over', () => {
  const current = (...statuses: DownloadStatus[]) => currentDownload(engineState(downloads(...statuses)))?.id;
  assert.equal(current('done', 'waiting', 'finding', 'running'), 3);
  assert.equal(current('done', 'failed', 'waiting', 'paused'), 2);
  assert.equal(current('waiting', 'paused'), undefined);
});
