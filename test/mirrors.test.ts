import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type OriginFile,
  type OriginServer,
  startOrigin,
} from '../src/testing/origin-server/origin-server.ts';
import { type KnownFile, knownFile, MIB } from './support/file.ts';
import { freePort } from './support/free-port.ts';
import { type Member, until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
/** From this size on, mirrors are used beside each other; below it, they stand by. */
const LARGE = 32 * MIB;
/** Of a source that is only looked at: its first byte, and blocks to compare. */
const LOOKED_AT = MIB;

async function deadUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}${PATH}`;
}

/** What a member has told people and scripts of an address. */
function saysOf(member: Member, origin: OriginServer): boolean {
  return member.log.includes(`127.0.0.1:${origin.port}`);
}

/** Two origins, each with a file, and a `get` of the first that knows of the second. */
async function two(
  t: TestContext,
  files: { first: OriginFile; mirror: OriginFile; rate?: { first: number; mirror: number } },
) {
  const { rate } = files;
  const first = await startOrigin({
    files: { [PATH]: files.first },
    ratePerConnection: rate?.first ?? 16 * MIB,
  });
  const mirror = await startOrigin({
    files: { [PATH]: files.mirror },
    ratePerConnection: rate?.mirror ?? 16 * MIB,
  });
  t.after(() => Promise.all([first[Symbol.asyncDispose](), mirror[Symbol.asyncDispose]()]));
  const stage = new Stage(t);
  const args = ['--mirror', mirror.url()];
  return { first, mirror, stage, run: () => stage.get('ada', first.url(), { connections: 4, args }) };
}

/** The origin is gone for good, in the middle of whatever it sends; what it had sent has arrived. */
async function dies(origin: OriginServer, afterBytes: number, member: Member): Promise<void> {
  origin.holdAfter(afterBytes - origin.servedBytes());
  await until(
    () => (origin.servedBytes() >= afterBytes && origin.unreadBytes === 0) || member.hasEnded,
    () => member.describe(`saw only ${origin.servedBytes()} bytes served`),
  );
  await origin[Symbol.asyncDispose]();
}

test('a first address that is dead from the start costs nothing but time: a mirror has the file', async (t) => {
  const file = knownFile('dead first', 4 * MIB);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const args = ['--mirror', origin.url()];
  await stage.get('ada', await deadUrl(), { args }).finishes(file.sha256);
});

test('a first address that is missing leads to the first mirror that has the file, and to no other', async (t) => {
  const file = knownFile('missing first', 4 * MIB);
  await using empty = await startOrigin({ files: {} });
  await using origin = await startOrigin({ files: { [PATH]: file } });
  await using spare = await startOrigin({ files: { [PATH]: file } });
  const args = [empty.url('/other.bin'), origin.url(), spare.url()].flatMap((url) => ['--mirror', url]);
  await new Stage(t).get('ada', empty.url(PATH), { args }).finishes(file.sha256);
  assert.equal(spare.requests.length, 0, 'a small file is left with the one that serves it');
});

test('when no address has the file, the error is that of the first', async (t) => {
  await using empty = await startOrigin({ files: {} });
  const args = ['--mirror', await deadUrl()];
  const error = await new Stage(t).get('ada', empty.url(PATH), { args }).fails('origin-missing');
  assert.match(error.message ?? '', new RegExp(`127\\.0\\.0\\.1:${empty.port}`));
});

test('a line of a list may have several addresses of one file', async (t) => {
  const file = knownFile('line', 4 * MIB);
  await using empty = await startOrigin({ files: {} });
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const list = join(stage.folder, 'list.txt');
  await writeFile(list, `${empty.url(PATH)}\t${origin.url()}\n`);
  await stage.start('ada', ['get', '--input', list], { allowPrivate: false }).finishes(file.sha256);
});

test('a Metalink file may have several addresses of one file, the best first', async (t) => {
  const file = knownFile('metalink', 4 * MIB);
  await using empty = await startOrigin({ files: {} });
  await using origin = await startOrigin({ files: { [PATH]: file } });
  await using spare = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const list = join(stage.folder, 'file.meta4');
  await writeFile(
    list,
    `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
  <file name="named.bin">
    <size>${4 * MIB}</size>
    <hash type="sha-256">${file.sha256}</hash>
    <url priority="3">${spare.url()}</url>
    <url priority="1">${empty.url(PATH)}</url>
    <url priority="2">${origin.url()}</url>
  </file>
</metalink>
`,
  );
  const run = stage.start('ada', ['get', '--input', list], { allowPrivate: false });
  const { path, trust } = await run.finishes(file.sha256);
  assert.equal(path, join(run.directory, 'named.bin'));
  assert.match(trust, /publisher-verified/);
  assert.ok(empty.requests.length > 0, 'the best is asked first');
  assert.equal(spare.requests.length, 0);
});

test('a mirror that the origin names itself is used when the origin dies (Link: rel=duplicate)', async (t) => {
  const file = knownFile('duplicate', 8 * MIB);
  await using mirror = await startOrigin({ files: { '/elsewhere.bin': file } });
  const link = `<${mirror.url()}>; rel=duplicate; pri=1`;
  await using origin = await startOrigin({
    files: { [PATH]: { ...file, headers: { link } } },
    ratePerConnection: MIB,
  });
  const run = new Stage(t).get('ada', origin.url(), { allowPrivate: true });
  await dies(origin, 2 * MIB, run);
  await run.finishes(file.sha256);
  const again = origin.servedBytes() + mirror.servedBytes() - 8 * MIB;
  assert.ok(again <= LOOKED_AT, `${again} bytes were fetched twice`);
});

for (const [what, sizeBytes] of [
  ['that stand by', 8 * MIB],
  ['that are used beside each other', LARGE],
] as const) {
  test(`of two addresses ${what} either may die in the middle`, async (t) => {
    for (const dying of ['first', 'mirror'] as const) {
      const file = knownFile('either', sizeBytes);
      const rate = { first: 4 * MIB, mirror: 4 * MIB };
      const { first, mirror, run } = await two(t, { first: file, mirror: file, rate });
      const member = run();
      if (dying === 'first') await dies(first, sizeBytes / 4, member);
      else if (sizeBytes >= LARGE) await dies(mirror, sizeBytes / 8, member);
      else continue;
      await member.finishes(file.sha256);
      const again = first.servedBytes() + mirror.servedBytes() - sizeBytes;
      assert.ok(again <= 0.02 * sizeBytes + LOOKED_AT, `${again} bytes were fetched twice`);
    }
  });
}

test('of two addresses a slow one brings little and holds nothing up', async (t) => {
  const file = knownFile('slow', LARGE);
  const rate = { first: 64 * 1024, mirror: 16 * MIB };
  const { first, mirror, run } = await two(t, { first: file, mirror: file, rate });
  await run().finishes(file.sha256);
  assert.ok(first.servedBytes() < LARGE / 8, `the slow one brought ${first.servedBytes()} bytes`);
  const again = first.servedBytes() + mirror.servedBytes() - LARGE;
  assert.ok(again <= 0.02 * LARGE + LOOKED_AT, `${again} bytes were fetched twice`);
});

test('two addresses of a large file are used beside each other, whatever their ETags are', async (t) => {
  const file = knownFile('beside', LARGE);
  const other: OriginFile = { ...file, etag: '"another"', lastModified: null };
  const { first, mirror, run } = await two(t, {
    first: file,
    mirror: other,
    rate: { first: 2 * MIB, mirror: 2 * MIB },
  });
  const member = run();
  await member.finishes(file.sha256);
  for (const one of [first, mirror]) {
    assert.ok(one.servedBytes() > LARGE / 4, `${one.servedBytes()} bytes came from one`);
  }
  assert.ok(!saysOf(member, mirror), member.describe('says something of a mirror that does well'));
});

const WRONG: readonly (readonly [what: string, wrong: (file: KnownFile) => OriginFile])[] = [
  ['another file of the same size', () => knownFile('wrong', LARGE, { etag: '"wrong"' })],
  ['another file of the same size and ETag', () => knownFile('wrong', LARGE)],
  ['another file of the same size and no ETag', () => knownFile('wrong', LARGE, { etag: null })],
  ['a file of another size', () => knownFile('wrong', LARGE + 1)],
  ['nothing for us', (file) => ({ ...file, faults: { status: 403 } })],
  ['no file', (file) => ({ ...file, faults: { status: 404 } })],
  ['a login page', (file) => ({ ...file, faults: { loginPage: true } })],
];

for (const [what, wrong] of WRONG) {
  test(`a mirror that has ${what} is dropped and named, and none of its bytes is used`, async (t) => {
    const file = knownFile('right', LARGE);
    const rate = { first: 4 * MIB, mirror: 16 * MIB };
    const { first, mirror, run } = await two(t, { first: file, mirror: wrong(file), rate });
    const member = run();
    await member.finishes(file.sha256);
    assert.ok(mirror.requests.length > 0, 'it was looked at');
    assert.ok(mirror.servedBytes() <= LOOKED_AT, `${mirror.servedBytes()} bytes came from it`);
    assert.ok(first.servedBytes() >= LARGE, 'each byte came from the other');
    assert.ok(saysOf(member, mirror), member.describe('does not name it'));
  });
}

test('with the origin dead and only a wrong mirror left, the part is kept as it is until the origin is back', async (t) => {
  const file = knownFile('right', 8 * MIB);
  const rate = { first: MIB, mirror: 16 * MIB };
  const { first, run, stage } = await two(t, { first: file, mirror: knownFile('wrong', 8 * MIB), rate });
  const { port } = first;
  const member = run();
  await dies(first, 2 * MIB, member);
  await member.until(() => member.log.includes('is not used any more'), 'the end of the mirror');
  await member.kill();
  await using back = await startOrigin({ port, files: { [PATH]: file } });
  await stage.get('ada', back.url()).finishes(file.sha256);
  assert.ok(back.servedBytes() <= 6 * MIB + LOOKED_AT, `${back.servedBytes()} bytes were fetched again`);
});
