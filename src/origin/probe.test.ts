import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { type OriginFile, startOrigin } from '../testing/origin-server/origin-server.ts';
import { Origin, type OriginOptions } from './origin.ts';

const CONTENT = { seed: 'probe', sizeBytes: 200_000 };
const MODIFIED = 'Tue, 02 Jan 2024 03:04:05 GMT';

async function probed(files: Record<string, OriginFile>, path: string, options: Partial<OriginOptions> = {}) {
  await using server = await startOrigin({ files });
  await using origin = new Origin(server.url(path), { allowPrivate: true, retryDelayMs: 1, ...options });
  return { ...(await origin.probe()), server };
}

async function refusal(
  file: OriginFile,
  options: Partial<OriginOptions> = {},
): Promise<{ code: string; message: string }> {
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = new Origin(`${server.url('/f')}?token=secret`, {
    allowPrivate: true,
    retryDelayMs: 1,
    ...options,
  });
  // Awaited here: leaving would dispose of the origin.
  return await origin.probe().then(
    () => assert.fail('the probe went well'),
    (error) => error,
  );
}

test('a probe of one byte learns size, validators, name and that ranges work', async () => {
  const { server, ...found } = await probed({ '/a.bin': { content: CONTENT } }, '/a.bin');
  assert.deepEqual(found, {
    finalUrl: found.finalUrl,
    ranges: true,
    identity: { sizeBytes: 200_000, etag: '"v1"', lastModified: MODIFIED },
    fileName: 'a.bin',
    digests: [],
    localAddress: '127.0.0.1',
  });
  assert.equal(server.servedBytes(), 1);
  assert.equal(server.requests[0]?.headers['accept-encoding'], 'identity');
});

test('an answer with the whole file means that there are no ranges, and is cut off', async () => {
  const large = { seed: 'large', sizeBytes: 1024 ** 3 };
  const found = await probed({ '/f': { content: large, ranges: false } }, '/f');
  assert.equal(found.ranges, false);
  assert.equal(found.identity.sizeBytes, large.sizeBytes);
  assert.ok(found.server.servedBytes() < 64 * 1024 * 1024);
});

test('a file of unknown length is found so', async () => {
  const found = await probed({ '/f': { content: CONTENT, ranges: false, length: false } }, '/f');
  assert.equal(found.identity.sizeBytes, undefined);
  assert.equal(found.ranges, false);
});

test('an empty file has size 0', async () => {
  const found = await probed({ '/f': { content: Buffer.alloc(0) } }, '/f');
  assert.equal(found.identity.sizeBytes, 0);
});

for (const status of [403, 405]) {
  test(`an origin that answers ${status} to a range is asked once without`, async () => {
    const found = await probed({ '/f': { content: CONTENT, faults: { status, times: 1 } } }, '/f');
    assert.equal(found.identity.sizeBytes, 200_000);
    assert.equal(found.ranges, false);
    assert.deepEqual(
      found.server.requests.map((one) => one.headers.range),
      ['bytes=0-0', undefined],
    );
  });
}

test('a part without its total does not prove anything until a second look tells the size', async () => {
  const found = await probed(
    { '/f': { content: CONTENT, faults: { wrongContentRange: 'bytes 0-0/*' } } },
    '/f',
  );
  assert.equal(found.identity.sizeBytes, 200_000);
  assert.equal(found.ranges, true);
});

test('a compressed answer is no base for ranges', async () => {
  const found = await probed({ '/f': { content: CONTENT, faults: { contentEncoding: 'gzip' } } }, '/f');
  assert.equal(found.ranges, false);
});

test('digests of the publisher are found, also the one on the way to a store', async () => {
  const sha256 = createHash('sha256').update('x').digest();
  const linked = createHash('sha256').update('y').digest('hex');
  const files = {
    '/f': { content: CONTENT, headers: { 'x-linked-etag': `"${linked}"` }, faults: { redirectTo: '/store' } },
    '/store': { content: CONTENT, headers: { 'repr-digest': `sha-256=:${sha256.toString('base64')}:` } },
  };
  const found = await probed(files, '/f');
  assert.deepEqual(
    found.digests.map((one) => one.hex),
    [linked, sha256.toString('hex')],
  );
  assert.match(found.digests[0]?.by ?? '', /X-Linked-Etag of 127\.0\.0\.1/);
});

test('a redirector that knows mirrors states their digest, any other redirect its own', async () => {
  const sha256 = createHash('sha256').update('x').digest();
  const digest = { digest: `SHA-256=${sha256.toString('base64')}` };
  const link = { link: '<http://mirror.test/f>; rel=duplicate' };
  for (const [headers, hex] of [
    [{ ...digest, ...link }, [sha256.toString('hex')]],
    [digest, []],
  ] as const) {
    const files = {
      '/f': { content: CONTENT, headers, faults: { redirectTo: '/mirror' } },
      '/mirror': { content: CONTENT },
    };
    const found = await probed(files, '/f');
    assert.deepEqual(
      found.digests.map((one) => one.hex),
      hex,
    );
  }
});

test('stores are asked for their checksums, but not with a header that a signed URL does not cover', async () => {
  const files = {
    '/f': { content: CONTENT, faults: { redirectTo: '/store?X-Amz-Signature=abc' } },
    '/store': { content: CONTENT },
  };
  const { server } = await probed(files, '/f');
  assert.deepEqual(
    server.requests.map(({ headers }) => [headers['x-amz-checksum-mode'], headers['want-repr-digest']]),
    [
      ['ENABLED', 'sha-256=10, sha-512=5, sha-384=4'],
      [undefined, 'sha-256=10, sha-512=5, sha-384=4'],
    ],
  );
});

test('a name in a header goes before the one in the URL', async () => {
  const headers = { 'content-disposition': 'attachment; filename="named.iso"' };
  assert.equal((await probed({ '/f': { content: CONTENT, headers } }, '/f')).fileName, 'named.iso');
});

test('statuses become errors with codes, without the query of the URL', async () => {
  const codes: [number, string][] = [
    [404, 'origin-missing'],
    [410, 'origin-missing'],
    [401, 'origin-refused'],
    [403, 'origin-refused'],
    [429, 'origin-failed'],
    [500, 'origin-failed'],
    [418, 'origin-failed'],
  ];
  for (const [status, code] of codes) {
    const error = await refusal({ content: CONTENT, faults: { status } });
    assert.equal(error.code, code);
    assert.ok(!error.message.includes('secret') && error.message.includes(String(status)), error.message);
  }
});

test('a busy origin is asked again, after the pause it wants', async () => {
  const faults = { status: 503, retryAfter: '0', times: 2 };
  const found = await probed({ '/f': { content: CONTENT, faults } }, '/f');
  assert.equal(found.server.requests.length, 3);
});

test('an origin that wants a long pause is not waited for', async () => {
  assert.equal(
    (await refusal({ content: CONTENT, faults: { status: 503, retryAfter: '3000' } })).code,
    'origin-failed',
  );
});

test('a connection that breaks is tried again', async () => {
  const faults = { resetAfterBytes: 0, times: 1 };
  const found = await probed({ '/f': { content: CONTENT, ranges: false, faults } }, '/f');
  assert.equal(found.identity.sizeBytes, 200_000);
});

test('an origin that never answers is given up', async () => {
  const error = await refusal({ content: CONTENT, faults: { silent: true } }, { headersTimeoutMs: 20 });
  assert.equal(error.code, 'origin-failed');
  assert.match(error.message, /in time/);
});

test('a port where nobody listens is an origin that failed', async () => {
  await using origin = new Origin('http://127.0.0.1:1/f', { allowPrivate: true });
  await assert.rejects(origin.probe(), {
    code: 'origin-failed',
    message: '127.0.0.1:1 refused the connection.',
  });
});

test('a name that does not exist is a matter of DNS', async () => {
  await using origin = new Origin('http://nowhere.invalid/f', { allowPrivate: true, retryDelayMs: 1 });
  await assert.rejects(origin.probe(), { code: 'dns' });
});

test('an answer that is not HTTP is an origin that failed', async () => {
  const server = createServer((socket) => socket.end('SSH-2.0-rubbish\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await using origin = new Origin(`http://127.0.0.1:${port}/f`, { allowPrivate: true });
  await assert.rejects(origin.probe(), { code: 'origin-failed', message: /not valid HTTP/ });
  server.close();
});

test('headers without end are not read to the end', async () => {
  const headers = { 'x-long': 'x'.repeat(100_000) };
  assert.match((await refusal({ content: CONTENT, headers })).message, /more headers than are read/);
});

test('a probe that is called off says so', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT, faults: { silent: true } } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const stop = new AbortController();
  const probing = origin.probe({ signal: stop.signal });
  setImmediate(() => stop.abort());
  await assert.rejects(probing, { code: 'aborted' });
});

test('private addresses are refused unless they are allowed, also behind a redirect and behind a name', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '0x7f.1', 'localhost']) {
    await using origin = new Origin(`http://${host}:${server.port}/f`, { allowPrivate: false });
    await assert.rejects(origin.probe(), { code: 'private-address', hint: { kind: 'allow-private' } }, host);
  }
  assert.equal(server.requests.length, 0);
});
