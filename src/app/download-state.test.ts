import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from '../core/errors.ts';
import { advice } from '../core/hint.ts';
import type { Result } from '../core/result.ts';
import { coreView, listedDownload } from '../testing/app/listed.ts';
import { downloadState } from './download-state.ts';
import { NO_HISTORY } from './rate-history.ts';

const ALONE = { room: undefined, resumedBytes: 0, history: NO_HISTORY };
const IN_ROOM = { ...ALONE, room: 'room' };
const RESULT: Result = {
  download: 'd'.repeat(32),
  id: 1,
  url: 'https://example.org/disc.iso',
  path: '/tmp/disc (1).iso',
  sizeBytes: 600_000,
  sha256: 'ab'.repeat(32),
  trust: { kind: 'self-verified' },
  seconds: 2,
  originBytes: 600_000,
  lanBytes: 0,
  aloneSeconds: undefined,
};

test('one that waits is there with its number, its name and nothing else known', () => {
  const state = downloadState(listedDownload({ id: 7, priority: 2, limitRate: 4096 }), ALONE);
  assert.deepEqual(
    [state.id, state.download, state.status, state.fileName, state.priority, state.limitRate],
    [7, undefined, 'waiting', 'disc.iso', 2, 4096],
  );
  assert.deepEqual([state.sizeBytes, state.heldBytes, state.leftMs], [undefined, 0, undefined]);
  assert.deepEqual([state.pieces.pieceCount, state.pieces.runs], [undefined, []]);
});

test('one that has its turn is looked for, runs, and is checked, as its core says', () => {
  const statusAt = (phase: 'waiting' | 'downloading' | 'checking' | undefined) => {
    const view = phase === undefined ? undefined : coreView({ phase });
    return downloadState(listedDownload({ status: 'running', view }), ALONE).status;
  };
  assert.deepEqual(
    [undefined, 'waiting', 'downloading', 'checking'].map((phase) => statusAt(phase as 'waiting')),
    ['finding', 'finding', 'running', 'checking'],
  );
});

test('in a room one that waits is waiting for those before it', () => {
  const view = coreView({ phase: 'waiting' });
  assert.equal(downloadState(listedDownload({ status: 'running', view }), IN_ROOM).status, 'waiting');
});

test('one that runs has the figures of its core, and what an earlier run had left', () => {
  const view = coreView();
  const state = downloadState(listedDownload({ status: 'running', view }), { ...IN_ROOM, resumedBytes: 9 });
  assert.deepEqual(
    [state.heldBytes, state.sizeBytes, state.originRate, state.lanRate, state.leftMs, state.resumedBytes],
    [400, 1000, 30, 10, 15_000, 9],
  );
  assert.deepEqual(state.pieces, { pieceBytes: 100, pieceCount: 10, runs: view.pieces });
  assert.deepEqual([state.room, state.roomOriginBytes], ['room', 600]);
});

test('one that is paused or has failed keeps what it has and goes at no rate', () => {
  const error = new DragonloadError('dns', 'No such host.', { hint: advice('Check the URL.') });
  for (const status of ['paused', 'failed'] as const) {
    const state = downloadState(listedDownload({ status, view: coreView(), error }), ALONE);
    assert.deepEqual([state.status, state.heldBytes, state.pieces.runs.length], [status, 400, 1]);
    assert.deepEqual([state.originRate, state.lanRate, state.leftMs], [0, 0, undefined]);
    assert.deepEqual(state.error, { ...error.toValue(), next: 'Check the URL.' });
  }
});

test('one that is done has its file, digest and trust, all pieces and no error of before', () => {
  const error = new DragonloadError('dns', 'No such host.');
  const listed = listedDownload({
    status: 'done',
    download: RESULT.download,
    path: RESULT.path,
    result: RESULT,
    error,
  });
  const state = downloadState(listed, ALONE);
  assert.deepEqual([state.heldBytes, state.sizeBytes, state.originBytes], [600_000, 600_000, 600_000]);
  assert.deepEqual([state.id, state.download, state.path], [1, RESULT.download, RESULT.path]);
  assert.equal(state.error, undefined);
  assert.deepEqual(state.result, {
    path: RESULT.path,
    sha256: RESULT.sha256,
    trust: RESULT.trust,
    seconds: 2,
    aloneSeconds: undefined,
  });
  assert.deepEqual(state.pieces, {
    pieceBytes: 262_144,
    pieceCount: 3,
    runs: [{ start: 0, end: 3, kind: 'held', by: undefined }],
  });
});

test('a finished empty file has no pieces', () => {
  const result = { ...RESULT, sizeBytes: 0 };
  const { pieces } = downloadState(listedDownload({ status: 'done', result }), ALONE);
  assert.deepEqual([pieces.pieceCount, pieces.runs], [0, []]);
});
