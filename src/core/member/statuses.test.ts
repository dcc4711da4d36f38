import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DownloadStatus } from '../messages.ts';
import { Statuses, undecided } from './statuses.ts';

function status(changes: Partial<DownloadStatus>): DownloadStatus {
  return { ...undecided('d0'), ...changes };
}

/** How long ago members that lack a download made progress. */
function idleMs(
  statuses: Statuses,
  members: readonly string[],
  downloads: readonly string[],
  nowMs: number,
): number | undefined {
  const progressMs = statuses.progressMs(members, downloads);
  return progressMs === undefined ? undefined : nowMs - progressMs;
}

test('a member that has not said anything yet may lack everything and may fetch', () => {
  const statuses = new Statuses();
  statuses.arrived('a', 0);
  assert.equal(idleMs(statuses, ['a'], ['d0'], 100), 100);
  assert.equal(statuses.anyFetching(['a'], 'd0'), true);
  assert.equal(idleMs(statuses, [], ['d0'], 100), undefined);
  assert.equal(statuses.anyFetching([], 'd0'), false);
});

test('who waits for a download, fetches it or has said nothing of it lacks it', () => {
  const statuses = new Statuses();
  const lacks = (download: string) => idleMs(statuses, ['a'], [download], 0) !== undefined;
  for (const phase of ['waiting', 'downloading'] as const) {
    statuses.set('a', [status({ phase })], 0);
    assert.equal(lacks('d0'), true, phase);
  }
  for (const phase of ['checking', 'done', 'failed'] as const) {
    statuses.set('a', [status({ phase })], 0);
    assert.equal(lacks('d0'), false, phase);
    assert.equal(lacks('d1'), true, 'it may not have heard of the other yet');
  }
});

test('of more downloads than a message has those that are left out are over', () => {
  const statuses = new Statuses();
  const all = Array.from({ length: 256 }, (_, i) => status({ download: `d${i}`, phase: 'done' }));
  statuses.set('a', all, 0);
  assert.equal(idleMs(statuses, ['a'], ['d999'], 0), undefined);
  statuses.set('a', all.slice(1), 0);
  assert.equal(idleMs(statuses, ['a'], ['d999'], 0), 0);
});

test('progress is bytes from wherever, and what is said again is none', () => {
  const statuses = new Statuses();
  statuses.arrived('a', 0);
  const idleAt = (nowMs: number) => idleMs(statuses, ['a'], ['d0'], nowMs);
  statuses.set('a', [status({})], 10);
  assert.equal(idleAt(50), 50);
  for (const bytes of ['originBytes', 'lanBytes', 'heldBytes']) {
    statuses.set('a', [status({ [bytes]: 7 })], 100);
    assert.equal(idleAt(150), 50, bytes);
    statuses.set('a', [status({ [bytes]: 7, originRate: 5 })], 300);
    assert.equal(idleAt(400), 300, bytes);
    statuses.set('a', [status({})], 400);
  }
});

test('of several the one that made progress most recently counts, and who lacks nothing does not', () => {
  const statuses = new Statuses();
  statuses.set('a', [status({ lanBytes: 1 })], 100);
  statuses.set('b', [status({ lanBytes: 1 })], 300);
  statuses.set('c', [status({ lanBytes: 1, phase: 'done' })], 500);
  assert.equal(idleMs(statuses, ['a', 'b', 'c'], ['d0'], 1000), 700);
  assert.equal(idleMs(statuses, ['a', 'c'], ['d0'], 1000), 900);
});

test('nothing is hoped for from members that cannot fetch, have failed or do not take part', () => {
  const statuses = new Statuses();
  statuses.set('a', [status({ phase: 'downloading', fetching: false })], 0);
  statuses.set('b', [status({ phase: 'failed', fetching: true })], 0);
  statuses.set('c', [status({ download: 'd1', fetching: true })], 0);
  assert.equal(statuses.anyFetching(['a', 'b', 'c'], 'd0'), false);
  statuses.set('c', [status({ phase: 'waiting' })], 0);
  assert.equal(statuses.anyFetching(['a', 'b', 'c'], 'd0'), true);
});

test('what members that left have said is forgotten, and no message is kept beyond its limit', () => {
  const statuses = new Statuses();
  statuses.set(
    'a',
    Array.from({ length: 5_000 }, () => status({})),
    0,
  );
  assert.equal(statuses.of('a').length, 256);
  assert.equal([...statuses.about('d0')].length, 256);
  statuses.delete('a');
  assert.deepEqual(statuses.of('a'), []);
  statuses.arrived('a', 70);
  assert.equal(idleMs(statuses, ['a'], ['d0'], 80), 10);
});
