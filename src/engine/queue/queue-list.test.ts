import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import { coreView } from '../../testing/app/listed.ts';
import { Entries, type Entry } from './entries.ts';
import { QueueList } from './queue-list.ts';

const RESULT: Result = {
  download: 'd'.repeat(32),
  url: 'https://example.org/a.iso',
  path: '/tmp/a (1).iso',
  sizeBytes: 1000,
  sha256: 'ab'.repeat(32),
  trust: { kind: 'self-verified' },
  seconds: 2,
  originBytes: 1000,
  lanBytes: 0,
  aloneSeconds: undefined,
};

/** A queue of so many downloads that all wait, and its list. */
function queueOf(count: number): { entries: Entries; list: QueueList; all: readonly Entry[] } {
  const entries = new Entries();
  const all = Array.from({ length: count }, (_, i) =>
    entries.add(i + 1, {
      job: { url: `https://alice:secret@example.org/${i + 1}.iso?token=x`, priority: i },
      directory: '/tmp',
      host: 'example.org',
    }),
  );
  return { entries, list: new QueueList(entries), all };
}

test('one that waits has its number, its name, its priority, and no secret of its address', () => {
  const { list } = queueOf(2);
  const [, second] = list.downloads();
  assert.deepEqual(
    [second!.id, second!.status, second!.url, second!.fileName, second!.priority, second!.download],
    [2, 'waiting', 'https://example.org/2.iso', '2.iso', 1, undefined],
  );
});

test('what has not changed is the same object the next time', () => {
  const { list, all } = queueOf(3);
  const before = list.downloads();
  all[1]!.priority = 9;
  const after = list.downloads();
  assert.deepEqual(
    after.map((one, i) => one === before[i]),
    [true, false, true],
  );
  assert.equal(after[1]!.priority, 9);
});

const CHANGES: readonly (readonly [what: string, change: (entry: Entry, entries: Entries) => void])[] = [
  ['its limit', (entry) => Object.assign(entry, { limitRate: 4096 })],
  ['a pause', (entry) => Object.assign(entry, { isPaused: true })],
  ['an error', (entry) => Object.assign(entry, { error: new DragonloadError('dns', 'No such host.') })],
  ['a failure', (entry, entries) => entries.failures.set(entry.id, new DragonloadError('dns', 'No.'))],
  ['its end', (entry, entries) => entries.results.set(entry.id, RESULT)],
  ['what it had when it stopped', (entry) => Object.assign(entry, { lastView: coreView() })],
  ['its removal', (entry) => Object.assign(entry, { isRemoved: true })],
];
for (const [what, change] of CHANGES) {
  test(`${what} shows at once`, () => {
    const { list, all, entries } = queueOf(1);
    const [before] = list.downloads();
    change(all[0]!, entries);
    assert.notEqual(list.downloads()[0], before);
  });
}

test('one that is done has its result, its real name and its place', () => {
  const { list, entries } = queueOf(1);
  entries.results.set(1, RESULT);
  const [done] = list.downloads();
  assert.deepEqual(
    [done!.status, done!.result, done!.fileName, done!.path, done!.download],
    ['done', RESULT, 'a (1).iso', '/tmp/a (1).iso', RESULT.download],
  );
});

test('one that is paused keeps what it had, under the name and the place that were found', () => {
  const { list, all } = queueOf(1);
  const view = coreView({ fileName: 'found.iso' });
  Object.assign(all[0]!, { isPaused: true, lastView: view, partPath: '/tmp/found.iso.dragonload' });
  const [paused] = list.downloads();
  assert.deepEqual(
    [paused!.status, paused!.view, paused!.fileName, paused!.path],
    ['paused', view, 'found.iso', '/tmp/found.iso'],
  );
});

test('one that failed is failed until it is wanted again', () => {
  const { list, entries } = queueOf(1);
  entries.failures.set(1, new DragonloadError('dns', 'No such host.'));
  assert.equal(list.downloads()[0]!.status, 'failed');
  entries.failures.delete(1);
  assert.equal(list.downloads()[0]!.status, 'waiting');
});

test('what is removed is gone from the list, and the others stay in their order', () => {
  const { list, entries } = queueOf(3);
  list.downloads();
  entries.remove(2);
  assert.deepEqual(
    list.downloads().map(({ id }) => id),
    [1, 3],
  );
});
