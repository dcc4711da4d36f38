import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { contentSha256 } from '../src/testing/origin-server/content.ts';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { untilHeld } from './support/journal.ts';
import type { Member } from './support/members.ts';
import { Stage } from './support/stage.ts';

const SIZE_BYTES = 6 * MIB;
const PIECE_BYTES = 256 * 1024;
/** Only the host of a room sends it. */
const HEADER = 'x-host';
const OLD = knownFile('changed-old', SIZE_BYTES);
/** What the origin has after it has changed: of the same size, and of the same date unless that is changed too. */
const NEW_CONTENT = { seed: 'changed-new', sizeBytes: SIZE_BYTES };
const NEW_SHA256 = contentSha256(NEW_CONTENT.seed, SIZE_BYTES);
const OTHER_TAG = '"v2"';
const PATH = '/changed.bin';

/** What is left to fetch after half of the file, with the pieces that were on their way on two connections. */
const REST_BYTES = SIZE_BYTES / 2 + 4 * PIECE_BYTES;

async function killedHalfway(t: TestContext, origin: OriginServer): Promise<Stage> {
  const stage = new Stage(t);
  origin.holdAfter(SIZE_BYTES / 2 + 4 * PIECE_BYTES);
  const first = stage.get('ada', origin.url(), { connections: 2 });
  await untilHeld(stage, first, SIZE_BYTES / 2);
  await first.kill();
  origin.release();
  return stage;
}

function oldPart({ directory }: Member): string {
  return join(directory, 'changed.bin.dragonload.old-1');
}

function hasFile({ directory }: Member): boolean {
  return existsSync(join(directory, 'changed.bin'));
}

test('a file that changed between two runs, as its ETag alone tells, is fetched whole and anew', async (t) => {
  await using origin = await startOrigin({ files: { [PATH]: OLD }, ratePerConnection: 2 * MIB });
  const stage = await killedHalfway(t, origin);
  origin.set(PATH, { ...OLD, content: NEW_CONTENT, etag: OTHER_TAG });
  const second = stage.get('ada', origin.url(), { connections: 2 });

  const { originBytes } = await second.finishes(NEW_SHA256);
  assert.equal(originBytes, SIZE_BYTES, 'no byte of the old file is in the new one');
  assert.ok(existsSync(oldPart(second)), 'what there was of the old file is kept');
});

test('a file that changes within a run, as its ETag alone tells, ends the download', async (t) => {
  const faults = { changedContent: NEW_CONTENT, etag: OTHER_TAG, after: 2 };
  await using origin = await startOrigin({
    files: { [PATH]: { ...OLD, faults } },
    ratePerConnection: 2 * MIB,
  });
  const member = new Stage(t).get('ada', origin.url(), { connections: 2 });

  await member.fails('origin-changed');
  assert.ok(!hasFile(member), 'no file was made of two');
});

test('a file that has another ETag in the next run and the same bytes is gone on with', async (t) => {
  await using origin = await startOrigin({ files: { [PATH]: OLD }, ratePerConnection: 2 * MIB });
  const stage = await killedHalfway(t, origin);
  origin.set(PATH, { ...OLD, etag: OTHER_TAG });
  const second = stage.get('ada', origin.url(), { connections: 2 });

  const { originBytes } = await second.finishes(OLD.sha256);
  assert.ok(originBytes <= REST_BYTES, `${originBytes} bytes were fetched by the second run`);
  assert.ok(!existsSync(oldPart(second)));
});

test('edges that never agree on an ETag serve both runs of a download', async (t) => {
  const faults = [
    { etag: '"edge-2"', every: 3, after: 1 },
    { etag: '"edge-3"', every: 3, after: 2 },
  ];
  await using origin = await startOrigin({
    files: { [PATH]: { ...OLD, faults } },
    ratePerConnection: 2 * MIB,
  });
  const stage = await killedHalfway(t, origin);
  const second = stage.get('ada', origin.url(), { connections: 2 });

  const { originBytes } = await second.finishes(OLD.sha256);
  assert.ok(originBytes <= REST_BYTES, `${originBytes} bytes were fetched by the second run`);
  assert.ok(!existsSync(oldPart(second)));
});

test('the whole of a file that changed, as its ETag alone tells, is not put behind what was left of the old one', async (t) => {
  const whole = { ...OLD, ranges: false };
  await using origin = await startOrigin({ files: { [PATH]: whole }, ratePerConnection: 2 * MIB });
  const stage = await killedHalfway(t, origin);
  origin.set(PATH, { ...whole, content: NEW_CONTENT, etag: OTHER_TAG });
  const second = stage.get('ada', origin.url(), { connections: 2 });

  await second.finishes(NEW_SHA256);
  assert.ok(existsSync(oldPart(second)), 'what there was of the old file is kept');
});

/** A host whose origin shows the old file, and one who joins, to whom it shows another ETag, and perhaps other bytes. */
async function roomOfTwo(t: TestContext, { changedContent }: { changedContent?: typeof NEW_CONTENT }) {
  const faults = { etag: OTHER_TAG, ...(changedContent && { changedContent }), only: { without: HEADER } };
  const origin = await startOrigin({ files: { [PATH]: { ...OLD, faults } }, ratePerConnection: MIB });
  origin.hold();
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url(), { args: ['--header', `${HEADER}: 1`] });
  const joiner = stage.join('bob', await host.invite());
  await host.event('member', { change: 'joined' });
  origin.release();
  return { origin, host, joiner };
}

test('a member of a room to whom the origin shows another file has that of the room', async (t) => {
  const { origin, host, joiner } = await roomOfTwo(t, { changedContent: NEW_CONTENT });
  await using _ = origin;
  await Promise.all([host, joiner].map((member) => member.finishes(OLD.sha256)));
});

test('a member of a room to whom the origin shows another ETag for the same bytes takes its share', async (t) => {
  const { origin, host, joiner } = await roomOfTwo(t, {});
  await using _ = origin;
  const [, { originBytes }] = await Promise.all([host.finishes(OLD.sha256), joiner.finishes(OLD.sha256)]);
  assert.ok(originBytes > 0, 'it fetches from the origin, too');
});
