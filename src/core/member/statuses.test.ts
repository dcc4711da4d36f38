import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DownloadStatus } from '../messages.ts';
import { Statuses, undecided } from './statuses.ts';

function status(changes: Partial<DownloadStatus>): DownloadStatus {
  return { ...undecided('d0'), ...changes };
}

test('a member that has not said anything yet may be at work and may fetch', () => {
  const statuses = new Statuses();
  assert.equal(
    statuses.anyAtWork(['a'], () => true),
    true,
  );
  assert.equal(statuses.anyFetching(['a'], 'd0'), true);
  assert.equal(
    statuses.anyAtWork([], () => true),
    false,
  );
  assert.equal(statuses.anyFetching([], 'd0'), false);
});

test('at work is who waits or downloads something that concerns this member', () => {
  const statuses = new Statuses();
  statuses.set('a', [status({ phase: 'downloading' })]);
  assert.equal(
    statuses.anyAtWork(['a'], (download) => download === 'd0'),
    true,
  );
  assert.equal(
    statuses.anyAtWork(['a'], (download) => download === 'd1'),
    false,
  );
  statuses.set('a', [status({ phase: 'done' })]);
  assert.equal(
    statuses.anyAtWork(['a'], () => true),
    false,
  );
});

test('nothing is hoped for from members that cannot fetch, have failed or do not take part', () => {
  const statuses = new Statuses();
  statuses.set('a', [status({ phase: 'downloading', fetching: false })]);
  statuses.set('b', [status({ phase: 'failed', fetching: true })]);
  statuses.set('c', [status({ download: 'd1', fetching: true })]);
  assert.equal(statuses.anyFetching(['a', 'b', 'c'], 'd0'), false);
  statuses.set('c', [status({ phase: 'waiting' })]);
  assert.equal(statuses.anyFetching(['a', 'b', 'c'], 'd0'), true);
});

test('what members that left have said is forgotten, and no message is kept beyond its limit', () => {
  const statuses = new Statuses();
  statuses.set(
    'a',
    Array.from({ length: 5_000 }, () => status({})),
  );
  assert.equal(statuses.of('a').length, 256);
  assert.equal([...statuses.about('d0')].length, 256);
  statuses.delete('a');
  assert.deepEqual(statuses.of('a'), []);
});
