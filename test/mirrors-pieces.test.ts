import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { contentSlice } from '../src/testing/origin-server/content.ts';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { type KnownFile, knownFile, MIB } from './support/file.ts';
import { until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const SIZE = 8 * MIB;
const SEED = 'pieces';
/** As the publisher has cut it. */
const PUBLISHED_BYTES = 512 * 1024;

const WRONG_AT = 3 * PUBLISHED_BYTES + 1000;

/** The file, with one byte wrong. */
function spoilt(...at: number[]): Buffer {
  const bytes = Buffer.from(contentSlice(SEED, 0, SIZE));
  for (const one of at) bytes[one]! ^= 1;
  return bytes;
}

/** A Metalink file (RFC 5854) with hashes of pieces, and one of the whole unless that is not to be known. */
function metalink({ sha256 }: KnownFile, urls: readonly string[], { whole = true } = {}): string {
  const pieces = Array.from({ length: SIZE / PUBLISHED_BYTES }, (_, index) =>
    createHash('sha256')
      .update(contentSlice(SEED, index * PUBLISHED_BYTES, (index + 1) * PUBLISHED_BYTES))
      .digest('hex'),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
  <file name="file.bin">
    <size>${SIZE}</size>
    ${whole ? `<hash type="sha-256">${sha256}</hash>` : ''}
    <pieces type="sha-256" length="${PUBLISHED_BYTES}">
      ${pieces.map((hash) => `<hash>${hash}</hash>`).join('\n      ')}
    </pieces>
    ${urls.map((url, index) => `<url priority="${index + 1}">${url}</url>`).join('\n    ')}
  </file>
</metalink>
`;
}

/** What was sent of the bytes that lie in pieces with a wrong one, and of the others, beyond once each. */
function again(...origins: OriginServer[]): number {
  return origins.reduce((sum, origin) => sum + origin.servedBytes(), 0) - SIZE;
}

for (const [what, whole] of [
  ['and of the whole', true],
  ['and none of the whole', false],
] as const) {
  test(`with hashes of pieces ${what}, a piece that came wrong is fetched again, and no more`, async (t) => {
    const file = knownFile(SEED, SIZE);
    await using origin = await startOrigin({
      files: { [PATH]: { content: spoilt(WRONG_AT) } },
      ratePerConnection: 8 * MIB,
    });
    const stage = new Stage(t);
    const list = join(stage.folder, 'file.meta4');
    await writeFile(list, metalink(file, [origin.url()], { whole }));
    const run = stage.start('ada', ['get', '--input', list], { allowPrivate: false });
    await until(
      () =>
        origin.requests.some(
          ({ sent }) => sent !== undefined && sent.start <= WRONG_AT && sent.end > WRONG_AT,
        ),
      () => run.describe('never asked for the wrong byte'),
    );
    // Those that are under way go on as they began.
    origin.set(PATH, { content: Buffer.from(contentSlice(SEED, 0, SIZE)) });
    const { trust } = await run.finishes(file.sha256);
    assert.equal(again(origin), PUBLISHED_BYTES, 'just what is wrong was fetched again');
    assert.match(run.log, /1 of 16 published pieces/);
    if (whole) assert.match(trust, /publisher-verified/);
  });
}

test('pieces that are always wrong at one address are healed from the other', async (t) => {
  const file = knownFile(SEED, SIZE);
  const wrong = [WRONG_AT, 9 * PUBLISHED_BYTES + 7];
  await using bad = await startOrigin({ files: { [PATH]: { content: spoilt(...wrong) } } });
  await using good = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const list = join(stage.folder, 'file.meta4');
  await writeFile(list, metalink(file, [bad.url(), good.url()]));
  const run = stage.start('ada', ['get', '--input', list], { connections: 2, allowPrivate: false });
  await run.finishes(file.sha256);
  const extra = again(bad, good);
  assert.ok(extra <= 4 * PUBLISHED_BYTES + MIB, `${extra} bytes were fetched again`);
});

test('pieces that are wrong at every address are an error, and no file gets the name', async (t) => {
  const file = knownFile(SEED, SIZE);
  await using bad = await startOrigin({ files: { [PATH]: { content: spoilt(WRONG_AT) } } });
  const stage = new Stage(t);
  const list = join(stage.folder, 'file.meta4');
  await writeFile(list, metalink(file, [bad.url()]));
  const run = stage.start('ada', ['get', '--input', list], { connections: 2, allowPrivate: false });
  await run.fails('digest-mismatch');
  assert.ok(again(bad) <= SIZE, `${again(bad)} bytes were fetched again`);
  assert.ok(!run.events.some(({ event }) => event === 'done'));
});
