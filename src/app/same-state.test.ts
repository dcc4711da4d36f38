import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downloadState, engineState, memberState, roomState } from '../testing/cli/states.ts';
import { sameDownload, sameState } from './same-state.ts';
import type { DownloadState, EngineState } from './state.ts';

const STATE: EngineState = roomState(['alice', 'bob']);
const HISTORY = { ...STATE.history, atMs: 5 };
const [ROOM] = STATE.rooms;

const CHANGES: Readonly<Record<Exclude<keyof EngineState, 'version'>, Partial<EngineState>>> = {
  downloads: { downloads: [] },
  rooms: { rooms: [{ ...ROOM!, members: [memberState({ name: 'carol' })] }] },
  queue: { queue: { ...STATE.queue, waiting: 9 } },
  history: { history: HISTORY },
  settings: { settings: { limitRate: 4096, concurrent: 5 } },
  notices: { notices: [{ atMs: 1, message: 'a word', download: undefined }] },
};
for (const [field, change] of Object.entries(CHANGES)) {
  test(`a state with other ${field} is another one`, () => {
    assert.equal(sameState(STATE, { ...STATE, ...change }), false);
  });
}

test('rooms, counts and settings that were drawn anew and say the same are the same', () => {
  const { rooms, queue, settings } = structuredClone(STATE);
  assert.equal(sameState(STATE, { ...STATE, rooms, queue, settings, downloads: [...STATE.downloads] }), true);
});

const DOWNLOAD = downloadState();
const OTHER: readonly Partial<DownloadState>[] = [
  { heldBytes: 1 },
  { status: 'paused' },
  { history: HISTORY },
  { error: { code: 'dns', message: 'No such host.', facts: {}, mayPass: false, next: undefined } },
  { pieces: { ...DOWNLOAD.pieces, pieceCount: 1 } },
  { pieces: { ...DOWNLOAD.pieces, runs: DOWNLOAD.pieces.runs.slice(1) } },
  { pieces: { ...DOWNLOAD.pieces, runs: DOWNLOAD.pieces.runs.map((run) => ({ ...run, by: 'bob' })) } },
];
test('a download of which one field differs is another one', () => {
  for (const fields of OTHER)
    assert.equal(sameDownload(DOWNLOAD, { ...DOWNLOAD, ...fields }), false, JSON.stringify(fields));
});

test('a download that was drawn anew and says the same is the same', () => {
  assert.equal(sameDownload(DOWNLOAD, { ...structuredClone(DOWNLOAD), history: DOWNLOAD.history }), true);
});

test('an engine without anything is the same as another', () => {
  const empty = engineState([]);
  assert.equal(sameState(empty, { ...empty, downloads: [], rooms: [], notices: [] }), true);
});
