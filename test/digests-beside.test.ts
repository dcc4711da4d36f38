import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import {
  type OriginFile,
  type OriginServer,
  startOrigin,
} from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { Stage } from './support/stage.ts';

const PATH = '/pool/file.bin';
const LARGE = 3 * MIB;
const SMALL = 100_000;
const WRONG = 'f'.repeat(64);

function text(lines: string): OriginFile {
  return { content: Buffer.from(lines), headers: { 'content-type': 'text/plain' } };
}

/** What was asked for besides the file itself. */
function besides(origin: OriginServer): string[] {
  return origin.requests.map(({ path }) => path).filter((path) => path !== PATH);
}

for (const [list, by, lines] of [
  ['/pool/file.bin.sha256', 'the .sha256 file', (sha256: string) => `${sha256}  file.bin\n`],
  ['/pool/SHA256SUMS', 'SHA256SUMS', (sha256: string) => `${WRONG}  other.bin\n${sha256} *file.bin\n`],
  ['/pool/sha256sum.txt', 'sha256sum.txt', (sha256: string) => `SHA256 (file.bin) = ${sha256}\n`],
] as const) {
  test(`${list.slice(6)} beside a file makes it publisher-verified, and a wrong one no file`, async (t) => {
    const file = knownFile('beside', LARGE);
    await using origin = await startOrigin({
      files: { [PATH]: file, [list]: text(lines(file.sha256)) },
      ratePerConnection: 8 * MIB,
    });
    const stage = new Stage(t);
    const { trust, verifiedBy } = await stage.get('ada', origin.url()).finishes(file.sha256);
    assert.equal(trust, 'publisher-verified');
    assert.equal(verifiedBy, `sha256 from ${by} of 127.0.0.1:${origin.port}`);

    origin.set(list, text(lines(WRONG)));
    const bob = stage.get('bob', origin.url());
    await bob.fails('digest-mismatch');
    assert.ok(!readdirSync(bob.directory).includes('file.bin'), 'nothing has the name of the file');

    const before = origin.requests.length;
    const carol = stage.get('carol', origin.url(), { args: ['--no-lookup'] });
    assert.equal((await carol.finishes(file.sha256)).trust, 'self-verified');
    assert.ok(
      origin.requests.slice(before).every(({ path }) => path === PATH),
      'nothing was looked up',
    );
  });
}

test('a small file comes with the first answer: nothing is looked up, which would take longer than the file', async (t) => {
  const file = knownFile('small', SMALL);
  const files = { [PATH]: file, '/pool/SHA256SUMS': text(`${file.sha256}  file.bin\n`) };
  await using origin = await startOrigin({ files });
  const { trust } = await new Stage(t).get('ada', origin.url()).finishes(file.sha256);
  assert.equal(trust, 'self-verified');
  assert.deepEqual(besides(origin), []);
});

test('nothing is looked up where a digest is known already', async (t) => {
  const file = knownFile('known', LARGE);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const args = ['--checksum', `sha256=${file.sha256}`];
  await new Stage(t).get('ada', origin.url(), { args }).finishes(file.sha256);
  assert.deepEqual(besides(origin), []);
});

test('lists that speak of other files, pages in their place and lists of no end make nobody vouch for anything', async (t) => {
  const file = knownFile('none', LARGE);
  await using origin = await startOrigin({
    files: {
      [PATH]: file,
      '/pool/file.bin.sha256': { ...file, faults: { loginPage: true } },
      '/pool/SHA256SUMS': text(`${WRONG}  other.bin\n`),
      '/pool/SHA256SUM': knownFile('endless', 64 * MIB),
    },
  });
  const { trust } = await new Stage(t).get('ada', origin.url()).finishes(file.sha256);
  assert.equal(trust, 'self-verified');
  assert.ok(origin.servedBytes('/pool/SHA256SUM') <= 2 * MIB, 'a list is small');
});

test('what opens the file opens the list, on the host that was named and no other', async (t) => {
  const file = knownFile('opens', LARGE);
  const requireHeaders = { 'x-key': 'hunter2' };
  await using store = await startOrigin({ files: { '/store.bin': file }, hostName: 'localhost' });
  await using origin = await startOrigin({
    files: {
      [PATH]: { ...file, requireHeaders, faults: { redirectTo: store.url() } },
      '/pool/SHA256SUMS': { ...text(`${file.sha256}  file.bin\n`), requireHeaders },
    },
  });
  const args = ['--header', 'X-Key: hunter2'];
  const { trust } = await new Stage(t).get('ada', origin.url(), { args }).finishes(file.sha256);
  assert.equal(trust, 'publisher-verified');
  assert.deepEqual(new Set(store.requests.map(({ path }) => path)), new Set(['/store.bin']));
});

test('user and password of the address open the list as well', async (t) => {
  const file = knownFile('password', LARGE);
  const requireHeaders = { authorization: `Basic ${Buffer.from('alice:hunter2').toString('base64')}` };
  const list = { ...text(`${file.sha256}  file.bin\n`), requireHeaders };
  await using origin = await startOrigin({
    files: { [PATH]: { ...file, requireHeaders }, '/pool/SHA256SUMS': list },
  });
  const url = origin.url().replace('://', '://alice:hunter2@');
  const { trust } = await new Stage(t).get('ada', url).finishes(file.sha256);
  assert.equal(trust, 'publisher-verified');
});

test('in a room each member looks for itself', async (t) => {
  const file = knownFile('room', 2 * LARGE);
  await using origin = await startOrigin({
    files: { [PATH]: file, '/pool/SHA256SUMS': text(`${file.sha256}  file.bin\n`) },
    ratePerConnection: 2 * MIB,
  });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite());
  for (const member of [host, joiner]) {
    assert.equal((await member.finishes(file.sha256)).trust, 'publisher-verified');
  }
  assert.equal(besides(origin).filter((path) => path === '/pool/SHA256SUMS').length, 2);
});
