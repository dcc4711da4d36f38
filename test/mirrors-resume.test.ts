import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type OriginFile, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { untilHeld } from './support/journal.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const MIRROR = '/pub/other-name.bin';
const SIZE = 12 * MIB;
const SLACK = 2 * MIB;

/** A download of the first address, ended at once after a third; then that address is dead. */
async function leftBy(t: TestContext, way: 'get' | 'host') {
  const file = knownFile('resumed', SIZE);
  const first = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 4 * MIB });
  const url = first.url();
  first.holdAfter(SIZE / 2);
  const stage = new Stage(t);
  const run = way === 'get' ? stage.get('ada', url) : stage.host('ada', url);
  // The rest of what was sent is the beginning of a piece.
  await untilHeld(stage, run, SIZE / 2 - MIB);
  await run.kill();
  const servedBytes = first.servedBytes();
  await first[Symbol.asyncDispose]();
  return { stage, url, servedBytes, sha256: file.sha256 };
}

const SAME = { content: { seed: 'resumed', sizeBytes: SIZE } };

for (const [what, mirrored] of [
  ['the same words', SAME],
  ['another ETag', { ...SAME, etag: '"another"' }],
  ['another ETag and date', { ...SAME, etag: '"another"', lastModified: 'Wed, 03 Jan 2024 03:04:05 GMT' }],
  ['neither ETag nor date', { ...SAME, etag: null, lastModified: null }],
] as const) {
  test(`a mirror that has the file with ${what} goes on where the dead first address ended`, async (t) => {
    const { stage, url, servedBytes, sha256 } = await leftBy(t, 'get');
    await using mirror = await startOrigin({ files: { [MIRROR]: mirrored } });
    const { path } = await stage.get('ada', url, { args: ['--mirror', mirror.url()] }).finishes(sha256);
    assert.equal(basename(path), 'file.bin');
    const lost = mirror.servedBytes() + servedBytes - SIZE;
    assert.ok(lost <= SLACK, `${lost} bytes were fetched twice`);
  });
}

test('in a room a mirror goes on where the dead first address ended', async (t) => {
  const { stage, url, servedBytes, sha256 } = await leftBy(t, 'host');
  await using mirror = await startOrigin({
    files: { [MIRROR]: { ...SAME, etag: '"another"', lastModified: null } },
    ratePerConnection: 4 * MIB,
  });
  const host = stage.host('ada', url, { args: ['--mirror', mirror.url(), '--stay'] });
  const joiner = stage.join('bob', await host.invite());
  const [{ path }] = await Promise.all([host.has(sha256), joiner.finishes(sha256)]);
  assert.equal(basename(path), 'file.bin');
  const lost = mirror.servedBytes() + servedBytes - SIZE;
  assert.ok(lost <= SLACK, host.describe(`fetched ${lost} bytes twice`));
});

for (const [what, more] of [
  ['the same words', {}],
  ['the same date', { etag: '"other"' }],
  ['the same ETag', { lastModified: null }],
] as const) {
  test(`a mirror that has another file of the same size with ${what} is not mixed with what is there`, async (t) => {
    const { stage, url } = await leftBy(t, 'get');
    const other: OriginFile & { sha256: string } = { ...knownFile('other', SIZE), ...more };
    await using mirror = await startOrigin({ files: { [MIRROR]: other } });
    // Nothing but this address is left: what is there is the file now, as a whole.
    const run = stage.get('ada', url, { args: ['--mirror', mirror.url()] });
    await run.finishes(other.sha256);
    assert.ok(mirror.servedBytes() >= SIZE);
    assert.match(run.log, /kept as file\.bin\.dragonload\.old-1/);
  });
}
