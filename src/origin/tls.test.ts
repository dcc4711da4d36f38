import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/origin/collect.ts';
import { serverCertificate } from '../testing/origin-server/certificate.ts';
import { contentSlice, startOrigin } from '../testing/origin-server/origin-server.ts';
import { Origin } from './origin.ts';

const CONTENT = { seed: 'tls', sizeBytes: 3_000_000 };
const FILES = { '/f': { content: CONTENT } };
const HERE = { type: 'ip', value: '127.0.0.1' } as const;

test('ranges come over TLS too, one after another over one connection', async () => {
  const tls = serverCertificate(HERE);
  await using server = await startOrigin({ tls, files: FILES });
  await using origin = new Origin(server.url(), { allowPrivate: true, ca: tls.cert });
  await origin.probe();
  for (const start of [0, 1_000_000]) {
    const { outcome, bytes } = await collect(origin, { start, end: start + 1_500_000 });
    assert.equal(outcome, 'complete');
    assert.ok(bytes.equals(contentSlice('tls', start, start + 1_500_000)));
  }
  assert.equal(new Set(server.requests.map((one) => one.clientPort)).size, 1);
});

test('a paused transfer over TLS goes on', async () => {
  const tls = serverCertificate(HERE);
  await using server = await startOrigin({ tls, files: FILES });
  await using origin = new Origin(server.url(), { allowPrivate: true, ca: tls.cert });
  const { identity } = await origin.probe();
  let received = 0;
  const onChunk = async (chunk: Buffer) => {
    received += chunk.length;
    await new Promise(setImmediate);
  };
  const result = await origin.fetchRange({ start: 0, end: CONTENT.sizeBytes }, { identity, onChunk });
  assert.deepEqual([result.outcome, received], ['complete', CONTENT.sizeBytes]);
});

test('certificates that are unknown, expired or of another name are refused', async () => {
  const good = serverCertificate(HERE);
  const old = serverCertificate(HERE, Date.now() - 10 * 24 * 3_600_000);
  const other = serverCertificate({ type: 'dns', value: 'example.org' });
  for (const [tls, ca] of [
    [good, undefined],
    [old, old.cert],
    [other, other.cert],
  ] as const) {
    await using server = await startOrigin({ tls, files: FILES });
    await using origin = new Origin(server.url(), {
      allowPrivate: true,
      ...(ca === undefined ? {} : { ca }),
    });
    await assert.rejects(origin.probe(), {
      code: 'tls',
      message: /certificate of 127\.0\.0\.1:\d+ is not valid/,
    });
    const { outcome } = await collect(origin, { start: 0, end: 10 });
    assert.equal(outcome, 'refused');
    assert.equal(server.requests.length, 0);
  }
});

test('a server that does not speak TLS is a matter of TLS', async () => {
  await using server = await startOrigin({ files: FILES });
  await using origin = new Origin(server.url().replace('http:', 'https:'), { allowPrivate: true });
  await assert.rejects(origin.probe(), { code: 'tls', next: /http:/ });
});

test('a private address is refused over TLS too', async () => {
  const tls = serverCertificate(HERE);
  await using server = await startOrigin({ tls, files: FILES });
  await using origin = new Origin(server.url(), { allowPrivate: false, ca: tls.cert });
  await assert.rejects(origin.probe(), { code: 'private-address' });
});

test('a redirect from https to http is refused', async () => {
  const tls = serverCertificate(HERE);
  await using plain = await startOrigin({ files: FILES });
  await using server = await startOrigin({
    tls,
    files: { '/f': { content: CONTENT, faults: { redirectTo: plain.url() } } },
  });
  await using origin = new Origin(server.url(), { allowPrivate: true, ca: tls.cert });
  await assert.rejects(origin.probe(), { code: 'origin-failed', message: /not encrypted/ });
  assert.equal(plain.requests.length, 0);
});
