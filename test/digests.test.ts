import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { contentSlice } from '../src/testing/origin-server/content.ts';
import { type OriginFile, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
/** More than comes with the first answer. */
const LARGE = 3 * MIB;
/** Comes whole with the first answer. */
const SMALL = 100_000;
const SIZES = [
  ['large', LARGE],
  ['small', SMALL],
] as const;

type Encoding = 'hex' | 'base64';

/** A digest of the file that belongs to a seed. */
function digest(algorithm: string, seed: string, sizeBytes: number, encoding: Encoding): string {
  const bytes = contentSlice(seed, 0, sizeBytes);
  if (algorithm !== 'crc32') return createHash(algorithm).update(bytes).digest(encoding);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(bytes));
  return crc.toString(encoding);
}

interface Case {
  readonly name: string;
  readonly algorithm: string;
  readonly encoding: Encoding;
  readonly header: (text: string) => Readonly<Record<string, string>>;
  /** The header speaks of the whole only in an answer that carries it. */
  readonly file?: Omit<OriginFile, 'content'>;
}

const CASES: readonly Case[] = [
  {
    name: 'Repr-Digest',
    algorithm: 'sha256',
    encoding: 'base64',
    header: (text) => ({ 'repr-digest': `sha-256=:${text}:` }),
  },
  {
    name: 'Repr-Digest',
    algorithm: 'sha512',
    encoding: 'base64',
    header: (text) => ({ 'repr-digest': `id-sha-512=:AAAA:, sha-512=:${text}:` }),
  },
  {
    name: 'Content-MD5',
    algorithm: 'md5',
    encoding: 'base64',
    header: (text) => ({ 'content-md5': text }),
    file: { ranges: false },
  },
  {
    name: 'x-goog-hash',
    algorithm: 'md5',
    encoding: 'base64',
    header: (text) => ({ 'x-goog-hash': `crc32c=AAAAAA==,md5=${text}` }),
  },
  {
    name: 'x-amz-checksum-sha256',
    algorithm: 'sha256',
    encoding: 'base64',
    header: (text) => ({ 'x-amz-checksum-type': 'FULL_OBJECT', 'x-amz-checksum-sha256': text }),
  },
  {
    name: 'x-amz-checksum-sha1',
    algorithm: 'sha1',
    encoding: 'base64',
    header: (text) => ({ 'x-amz-checksum-type': 'FULL_OBJECT', 'x-amz-checksum-sha1': text }),
  },
];

for (const { name, algorithm, encoding, header, file: rest } of CASES) {
  for (const [size, sizeBytes] of SIZES) {
    test(`${name} (${algorithm}) of a ${size} file makes it publisher-verified, and a wrong one no file`, async (t) => {
      const headers = header(digest(algorithm, 'right', sizeBytes, encoding));
      const file = knownFile('right', sizeBytes, { ...rest, headers });
      await using origin = await startOrigin({ files: { [PATH]: file } });
      const stage = new Stage(t);
      const { trust, verifiedBy } = await stage.get('ada', origin.url()).finishes(file.sha256);
      assert.equal(trust, 'publisher-verified');
      assert.equal(verifiedBy, `${algorithm} from ${name} of 127.0.0.1:${origin.port}`);

      const wrong = header(digest(algorithm, 'wrong', sizeBytes, encoding));
      origin.set(PATH, { ...file, headers: wrong, etag: '"wrong"' });
      const bob = stage.get('bob', origin.url());
      await bob.fails('digest-mismatch');
      assert.ok(!readdirSync(bob.directory).includes('file.bin'), 'nothing has the name of the file');
      const asked = origin.requests.filter(({ headers: sent }) => sent['want-repr-digest'] !== undefined);
      assert.ok(asked.length >= 2, 'the digest was asked for');
    });
  }
}

for (const [size, sizeBytes] of SIZES) {
  test(`a CRC of a ${size} file finds damage, and makes nobody vouch for it`, async (t) => {
    const header = (seed: string) => ({
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-checksum-crc32': digest('crc32', seed, sizeBytes, 'base64'),
    });
    const file = knownFile('right', sizeBytes, { headers: header('right') });
    await using origin = await startOrigin({ files: { [PATH]: file } });
    const stage = new Stage(t);
    const { trust } = await stage.get('ada', origin.url()).finishes(file.sha256);
    assert.equal(trust, 'self-verified');

    origin.set(PATH, { ...file, headers: header('wrong') });
    const bob = stage.get('bob', origin.url());
    await bob.fails('digest-mismatch');
    assert.ok(!readdirSync(bob.directory).includes('file.bin'), 'nothing has the name of the file');
  });
}

test('X-Linked-Etag counts on the answer that redirects, and not on the one with the file', async (t) => {
  const file = knownFile('right', LARGE);
  const wrong = 'f'.repeat(64);
  await using store = await startOrigin({
    files: { '/blob': { ...file, headers: { 'x-linked-etag': `"${wrong}"` } } },
  });
  const hub = (sha256: string): OriginFile => ({
    ...file,
    headers: { 'x-linked-etag': `"${sha256}"`, 'x-linked-size': String(LARGE) },
    faults: { redirectTo: store.url('/blob') },
  });
  await using origin = await startOrigin({ files: { [PATH]: hub(file.sha256) } });
  const stage = new Stage(t);
  const { trust, verifiedBy } = await stage.get('ada', origin.url()).finishes(file.sha256);
  assert.equal(trust, 'publisher-verified');
  assert.equal(verifiedBy, `sha256 from X-Linked-Etag of 127.0.0.1:${origin.port}`);

  origin.set(PATH, hub(wrong));
  await stage.get('bob', origin.url()).fails('digest-mismatch');
});

for (const algorithm of ['sha256', 'sha512', 'sha1', 'md5'] as const) {
  for (const [size, sizeBytes] of SIZES) {
    test(`--checksum ${algorithm} of a ${size} file`, async (t) => {
      const file = knownFile('right', sizeBytes);
      await using origin = await startOrigin({ files: { [PATH]: file } });
      const stage = new Stage(t);
      const args = (seed: string) => [
        '--checksum',
        `${algorithm}=${digest(algorithm, seed, sizeBytes, 'hex')}`,
      ];
      const { trust, verifiedBy } = await stage
        .get('ada', origin.url(), { args: args('right') })
        .finishes(file.sha256);
      assert.equal(trust, 'publisher-verified');
      assert.equal(verifiedBy, `${algorithm} from --checksum`);

      const bob = stage.get('bob', origin.url(), { args: args('wrong') });
      await bob.fails('digest-mismatch');
      assert.ok(!readdirSync(bob.directory).includes('file.bin'), 'nothing has the name of the file');
    });
  }
}

test('what the user says comes first: a publisher that agrees changes nothing, one that does not is an error', async (t) => {
  const right = digest('sha256', 'right', LARGE, 'base64');
  const file = knownFile('right', LARGE, { headers: { 'repr-digest': `sha-256=:${right}:` } });
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const args = ['--checksum', `md5=${digest('md5', 'right', LARGE, 'hex')}`];
  const { trust, verifiedBy } = await stage.get('ada', origin.url(), { args }).finishes(file.sha256);
  assert.equal(trust, 'publisher-verified');
  assert.equal(verifiedBy, 'md5 from --checksum');

  const wrong = digest('sha256', 'wrong', LARGE, 'base64');
  origin.set(PATH, { ...file, headers: { 'repr-digest': `sha-256=:${wrong}:` } });
  await stage.get('bob', origin.url(), { args }).fails('digest-mismatch');
});

test('without any digest a file is self-verified, and one that is no digest is passed over', async (t) => {
  const headers = { 'repr-digest': 'sha-256=:c2hvcnQ=:', 'content-md5': '???', 'x-goog-hash': 'md5' };
  const file = knownFile('right', LARGE, { headers });
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const { trust } = await new Stage(t).get('ada', origin.url()).finishes(file.sha256);
  assert.equal(trust, 'self-verified');
});

test('in a room each member asks the origin itself for the digest', async (t) => {
  const right = digest('sha256', 'right', LARGE, 'base64');
  const file = knownFile('right', LARGE, { headers: { 'repr-digest': `sha-256=:${right}:` } });
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite());
  for (const member of [host, joiner]) {
    const { trust, verifiedBy } = await member.finishes(file.sha256);
    assert.equal(trust, 'publisher-verified');
    assert.equal(verifiedBy, `sha256 from Repr-Digest of 127.0.0.1:${origin.port}`);
  }
});

test('in a room a wrong digest is an error for everybody, and nobody gets the file', async (t) => {
  const wrong = digest('sha256', 'wrong', LARGE, 'base64');
  const file = knownFile('right', LARGE, { headers: { 'repr-digest': `sha-256=:${wrong}:` } });
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite());
  for (const member of [host, joiner]) {
    await member.fails('digest-mismatch');
    assert.ok(!readdirSync(member.directory).includes('file.bin'), 'nothing has the name of the file');
  }
});
