import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import { collect } from '../testing/origin/collect.ts';
import { startProxy } from '../testing/origin/proxy-server.ts';
import { startRaw } from '../testing/origin/raw-server.ts';
import { type OriginFaults, type OriginFile, startOrigin } from '../testing/origin-server/origin-server.ts';
import { Connections } from './network/connections.ts';
import { Origin, type OriginOptions } from './origin.ts';
import { loadRequestSettings } from './requests/request-settings.ts';

const FILE: OriginFile = { content: { seed: 'hosts', sizeBytes: 100_000 } };
const SHORT = { connectTimeoutMs: 300, headersTimeoutMs: 100, stallTimeoutMs: 100, retryDelayMs: 1 };

/** What comes of looking at a file with faults, and of fetching a part of it. */
async function met(faults: OriginFaults, more: Partial<OriginOptions> = {}) {
  await using server = await startOrigin({ files: { '/f': { ...FILE, faults } } });
  await using origin = new Origin(server.url(), { allowPrivate: true, retryDelayMs: 1, ...more });
  const error = await origin.probe().then(
    () => undefined,
    (thrown: Error & { code?: string }) => thrown,
  );
  return { error, fetched: await collect(origin, { start: 5, end: 10 }), requests: server.requests.length };
}

test('heads of any length are read to 16 KiB and no further', async () => {
  for (const faults of [
    { extraHeaders: 5000 },
    { longHeaderBytes: 100_000 },
    { longHeaderBytes: 10_000_000 },
  ]) {
    const { error, fetched } = await met(faults);
    assert.equal(error?.code, 'origin-failed');
    assert.match(error.message, /more headers than are read/);
    assert.deepEqual([fetched.outcome, fetched.receivedBytes], ['broken', 0]);
  }
  assert.equal((await met({ extraHeaders: 300 })).error, undefined);
});

test('a head that trickles in is waited for so long and no longer', async () => {
  const { error, fetched } = await met({ slowHeadMs: 60_000 }, SHORT);
  assert.match(error?.message ?? '', /in time/);
  assert.equal(fetched.outcome, 'broken');
  assert.equal((await met({ slowHeadMs: 20 })).error, undefined);
});

test('any number of interim answers is no answer', async () => {
  assert.equal((await met({ informational: [102, 103] })).error, undefined);
  const endless = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(10_000);
  await using raw = await startRaw([endless]);
  await using origin = new Origin(`http://127.0.0.1:${raw.port}/f`, { allowPrivate: true, ...SHORT });
  await assert.rejects(origin.probe(), { code: 'origin-failed' });
});

test('an origin of HTTP/1.0, which closes each connection, serves like any other', async () => {
  const { error, fetched } = await met({ http10: true });
  assert.deepEqual([error, fetched.outcome, fetched.receivedBytes], [undefined, 'complete', 5]);
});

/** Public names, and private addresses in disguise. */
const names: LookupFunction = (name, _options, callback) => {
  const address = { 'outside.test': '1.1.1.1', 'inside.test': '127.0.0.1', 'cloud.test': '169.254.169.254' }[
    name
  ];
  callback(null, address === undefined ? [] : [{ address, family: 4 }]);
};

test('a name of somebody else that leads inside is refused, over connections that are shared too', async () => {
  await using server = await startOrigin({ files: { '/f': FILE } });
  using connections = new Connections({ allowPrivate: false, lookup: names });
  for (const host of [
    'inside.test',
    'cloud.test',
    '127.0.0.1',
    '[::1]',
    '2130706433',
    '0177.1',
    '[::ffff:7f00:1]',
    '[64:ff9b::127.0.0.1]',
  ]) {
    await using origin = new Origin(`http://${host}:${server.port}/f`, {
      allowPrivate: false,
      connections,
      ...SHORT,
    });
    await assert.rejects(origin.probe(), { code: 'private-address', hint: { kind: 'allow-private' } }, host);
    assert.equal((await collect(origin, { start: 1, end: 2 })).outcome, 'refused', host);
  }
  assert.equal(server.requests.length, 0);
});

test('connections that may lead inside are not lent to a URL of somebody else', () => {
  using connections = new Connections({ allowPrivate: true });
  assert.throws(() => new Origin('http://a.test/f', { allowPrivate: false, connections }), TypeError);
});

test('a redirect of somebody else that leads inside is not followed', async () => {
  await using inside = await startOrigin({ files: { '/secret': FILE } });
  await using server = await startOrigin({ files: {} });
  await using proxy = await startProxy({ hosts: { 'outside.test': `127.0.0.1:${server.port}` } });
  const settings = await loadRequestSettings({ proxy: proxy.url }, {});
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '10.0.0.1',
    '169.254.169.254',
    'nas.local',
    '0x7f000001',
  ]) {
    server.set('/f', { ...FILE, faults: { redirectTo: `http://${host}:${inside.port}/secret` } });
    await using origin = new Origin('http://outside.test/f', { allowPrivate: false, settings, ...SHORT });
    await assert.rejects(origin.probe(), { code: 'private-address' }, host);
    assert.equal((await collect(origin, { start: 1, end: 2 })).outcome, 'refused', host);
  }
  assert.equal(inside.requests.length, 0);
  assert.ok(server.requests.length > 0, 'the outside was reached');
});

test('the user and password in a redirect are not sent', async () => {
  await using server = await startOrigin({ files: { '/f': FILE, '/go': FILE } });
  server.set('/go', { ...FILE, faults: { redirectTo: server.url('/f').replace('//', '//alice:sesame@') } });
  await using origin = new Origin(server.url('/go'), { allowPrivate: true });
  assert.equal((await origin.probe()).finalUrl, server.url('/f'));
  assert.equal(server.requests.at(-1)?.headers.authorization, undefined);
});

test('redirects without end or in a circle, to anything and from anywhere, end in an error', async () => {
  for (const [faults, message] of [
    [{ redirectChain: 30 }, /more than 10/],
    [{ redirectTo: '/f' }, /circle/],
    [{ redirectTo: 'file:///etc/passwd' }, /file:/],
    [{ redirectTo: 'javascript:1' }, /javascript:/],
    [{ redirectTo: '//' }, /not a URL/],
    [{ redirectTo: '' }, /circle|gave no file/],
  ] as [OriginFaults, RegExp][]) {
    const { error, fetched } = await met(faults);
    assert.match(error?.message ?? '', message, JSON.stringify(faults));
    assert.equal(fetched.outcome, 'refused', JSON.stringify(faults));
  }
});

test('no error shows what stands in the query, the user or the password of a URL', async () => {
  const url = 'http://alice:sesame@127.0.0.1:1/f?signature=sesame#sesame';
  for (const faults of [
    { status: 403 },
    { status: 500 },
    { garbage: 'SSH-2.0' },
    { redirectTo: 'ftp://sesame@b.test/sesame?sesame' },
  ] as OriginFaults[]) {
    await using server = await startOrigin({ files: { '/f': { ...FILE, faults } } });
    await using origin = new Origin(url.replace(':1/', `:${server.port}/`), { allowPrivate: true, ...SHORT });
    await assert.rejects(origin.probe(), (error: Error & { next?: string }) => {
      assert.doesNotMatch(`${error.message} ${error.next}`, /sesame/, JSON.stringify(faults));
      return true;
    });
    assert.doesNotMatch((await collect(origin, { start: 1, end: 2 })).message ?? '', /sesame/);
  }
  await using nowhere = new Origin(url, { allowPrivate: true, ...SHORT });
  await assert.rejects(nowhere.probe(), (error: Error) => !error.message.includes('sesame'));
});
