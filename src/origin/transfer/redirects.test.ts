import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_FILE, collect } from '../../testing/origin/collect.ts';
import { contentSlice, type OriginFile, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';

const CONTENT = { seed: 'redirects', sizeBytes: 100_000 };
const FILE: OriginFile = { content: CONTENT };
const to = (redirectTo: string): OriginFile => ({ content: CONTENT, faults: { redirectTo } });

test('redirects are followed, and remembered by the ranges that come after', async () => {
  await using server = await startOrigin({
    files: { '/a': to('/b'), '/b': to('c/../f.bin'), '/f.bin': FILE },
  });
  await using origin = new Origin(server.url('/a'), { allowPrivate: true });
  assert.equal((await origin.probe()).finalUrl, server.url('/f.bin'));
  const { outcome, bytes } = await collect(origin, { start: 10, end: 20 });
  assert.equal(outcome, 'complete');
  assert.deepEqual(bytes, contentSlice('redirects', 10, 20));
  assert.deepEqual(
    server.requests.map((one) => one.path),
    ['/a', '/b', '/f.bin', '/f.bin'],
  );
});

test('circles, long chains and targets that are no web addresses lead nowhere', async () => {
  const chain = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`/${i}`, to(`/${i + 1}`)]));
  const files = {
    ...chain,
    '/12': FILE,
    '/x': to('/y'),
    '/y': to('/x'),
    '/ftp': to('ftp://a.org/'),
    '/bad': to('http://['),
  };
  await using server = await startOrigin({ files });
  const cases: [string, RegExp][] = [
    ['/0', /more than 10 times/],
    ['/x', /circle/],
    ['/ftp', /ftp:/],
    ['/bad', /not a URL/],
  ];
  for (const [path, message] of cases) {
    await using origin = new Origin(server.url(path), { allowPrivate: true });
    await assert.rejects(origin.probe(), { code: 'origin-failed', message });
    assert.equal((await collect(origin, { start: 5, end: 6 })).outcome, 'refused');
  }
});

test('ten redirects are followed', async () => {
  const chain = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`/${i}`, to(`/${i + 1}`)]));
  await using server = await startOrigin({ files: { ...chain, '/10': FILE } });
  await using origin = new Origin(server.url('/0'), { allowPrivate: true });
  assert.equal((await origin.probe()).identity.sizeBytes, 100_000);
});

test('what the user gave for one host is not sent to another', async () => {
  await using other = await startOrigin({ host: '127.0.0.2', files: { '/f': FILE } });
  await using server = await startOrigin({
    files: { '/a': to('/b'), '/b': to(other.url('/f').replace('//', '//x:y@')) },
  });
  const url = server.url('/a').replace('//', '//me:p%40ss@');
  const headers = [
    ['Cookie', 'k=1'],
    ['X-Token', 'a'],
    ['X-Token', 'b'],
  ] as const;
  await using origin = new Origin(url, { allowPrivate: true, headers });
  await origin.probe();
  for (const { headers } of server.requests) {
    assert.equal(headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    assert.equal(headers.cookie, 'k=1');
    assert.equal(headers['x-token'], 'a, b');
  }
  const reached = other.requests[0]?.headers;
  assert.equal(other.requests.length, 1);
  for (const name of ['authorization', 'cookie', 'x-token']) assert.equal(reached?.[name], undefined);
});

test('a user with broken escapes is sent as it stands', async () => {
  await using server = await startOrigin({ files: { '/f': FILE } });
  await using origin = new Origin(server.url().replace('//', '//%ff:x@'), { allowPrivate: true });
  const { finalUrl } = await origin.probe();
  assert.equal(finalUrl, server.url());
  assert.equal(server.requests[0]?.headers.authorization, `Basic ${Buffer.from('%ff:x').toString('base64')}`);
});

test('headers that break a transfer, or that cannot be sent, are refused', () => {
  for (const header of [
    ['Range', 'bytes=0-'],
    ['host', 'x'],
    ['a b', 'x'],
    ['a', 'x\r\nb: y'],
    ['', 'x'],
  ] as const) {
    assert.throws(() => new Origin('http://a.org/', { allowPrivate: true, headers: [header] }), {
      code: 'usage',
    });
  }
});

test('an expired redirect is resolved again once for all who fetch', async () => {
  const files = { '/f': to('/signed-1'), '/signed-1': FILE, '/signed-2': FILE };
  await using server = await startOrigin({ files });
  await using origin = new Origin(server.url('/f'), { allowPrivate: true });
  await origin.probe();
  server.set('/signed-1', { content: CONTENT, faults: { status: 403 } });
  server.set('/f', to('/signed-2'));
  server.requests.length = 0;
  const parts = await Promise.all(
    [0, 1, 2, 3].map((i) => collect(origin, { start: 1 + i * 1000, end: 1 + (i + 1) * 1000 })),
  );
  assert.deepEqual(
    parts.map((part) => part.outcome),
    Array(4).fill('complete'),
  );
  assert.equal(server.requests.filter((one) => one.path === '/f').length, 1);
});

test('a link that stays expired says so after one more look', async () => {
  await using server = await startOrigin({ files: { '/f': to('/signed'), '/signed': FILE } });
  await using origin = new Origin(server.url('/f'), { allowPrivate: true });
  await origin.probe();
  server.set('/signed', { content: CONTENT, faults: { status: 403 } });
  server.requests.length = 0;
  const result = await origin.fetchRange(
    { start: 1, end: 2 },
    { identity: ANY_FILE, onChunk: () => undefined },
  );
  assert.deepEqual([result.outcome, result.error?.code], ['expired', 'link-expired']);
  assert.match(result.message ?? '', /403/);
  assert.deepEqual(
    server.requests.map((one) => one.path),
    ['/signed', '/f', '/signed'],
  );
});

test('one who stops while a redirect is resolved again does not stop the others', async () => {
  await using server = await startOrigin({ files: { '/f': to('/old'), '/old': FILE, '/new': FILE } });
  await using origin = new Origin(server.url('/f'), { allowPrivate: true });
  await origin.probe();
  server.set('/old', { content: CONTENT, faults: { status: 403 } });
  server.set('/f', to('/new'));
  const stop = new AbortController();
  const first = collect(origin, { start: 1, end: 2 }, { signal: stop.signal });
  const second = collect(origin, { start: 2, end: 3 });
  while (!server.requests.some((one) => one.path === '/old')) await new Promise(setImmediate);
  stop.abort();
  assert.equal((await first).outcome, 'stopped');
  assert.equal((await second).outcome, 'complete');
});
