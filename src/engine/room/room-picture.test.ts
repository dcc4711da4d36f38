import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import { coreView } from '../../testing/app/listed.ts';
import { type RoomDownloadFacts, roomPicture, roomRates } from './room-picture.ts';

const VIEW = {
  me: 'me',
  room: { id: 'kitchen', invite: 'dragon://x', coordinator: 'me', epoch: 1 },
  members: [],
  downloads: [coreView({ id: 'a' }), coreView({ id: 'b' }), coreView({ id: 'c', phase: 'done' })],
};
const FACTS: RoomDownloadFacts = {
  id: 1,
  path: '/tmp/disc.iso',
  result: undefined,
  error: undefined,
  endedAtMs: undefined,
};
const RESULT: Result = {
  download: 'a',
  url: 'https://example.org/disc.iso',
  path: '/tmp/disc (1).iso',
  sizeBytes: 1000,
  sha256: 'ab'.repeat(32),
  trust: { kind: 'self-verified' },
  seconds: 2,
  originBytes: 600,
  lanBytes: 400,
  aloneSeconds: 5,
};

test('a download of a room is listed by its number, and one without a number is not there yet', () => {
  const { downloads } = roomPicture(VIEW, (id) =>
    id === 'b' ? undefined : { ...FACTS, id: id === 'a' ? 4 : 9 },
  );
  assert.deepEqual(
    downloads.map(({ id, download, status, path }) => [id, download, status, path]),
    [
      [4, 'a', 'running', '/tmp/disc.iso'],
      [9, 'c', 'running', '/tmp/disc.iso'],
    ],
  );
});

test('one that is done or has failed says so, and where the file really is', () => {
  const error = new DragonloadError('disk-full', 'The disk is full.');
  const { downloads } = roomPicture(VIEW, (id) =>
    id === 'a' ? { ...FACTS, result: RESULT, endedAtMs: 5 } : { ...FACTS, error, endedAtMs: 6 },
  );
  assert.deepEqual(
    downloads.slice(0, 2).map(({ status, path, endedAtMs }) => [status, path, endedAtMs]),
    [
      ['done', '/tmp/disc (1).iso', 5],
      ['failed', '/tmp/disc.iso', 6],
    ],
  );
});

test('this member is named with the room, and not before it is open', () => {
  assert.equal(roomPicture(VIEW, () => FACTS).me, 'me');
  assert.equal(roomPicture({ ...VIEW, room: undefined }, () => FACTS).me, undefined);
});

test('rates are of what is under way', () => {
  assert.deepEqual(
    roomRates(VIEW, (id) => (id === 'b' ? undefined : id.charCodeAt(0))),
    [{ id: 97, originRate: 30, lanRate: 10 }],
  );
});
