import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_FILE, collect } from '../testing/origin/collect.ts';
import { CONTENT, faulty, fetched, IDENTITY, SIZE } from '../testing/origin/fetched.ts';
import { startOrigin } from '../testing/origin-server/origin-server.ts';
import { Origin } from './origin.ts';

test('a range is handed over whole and nothing more', async () => {
  const { outcome, bytes, sizeBytes, localAddress } = await fetched({}, 1_000_001, 2_500_000);
  assert.deepEqual(
    [outcome, bytes.length, sizeBytes, localAddress],
    ['complete', 1_499_999, SIZE, '127.0.0.1'],
  );
});

test('an open end goes to the end of the file', async () => {
  const { outcome, bytes } = await fetched({}, 2_000_000, undefined);
  assert.deepEqual([outcome, bytes.length], ['complete', 1_000_000]);
});

test('a range beyond the end of the file is complete at the end', async () => {
  const { outcome, bytes } = await fetched({}, 2_999_990, 4_000_000);
  assert.deepEqual([outcome, bytes.length], ['complete', 10]);
});

test('an empty range needs no request', async () => {
  const { outcome, bytes } = await fetched({ faults: { status: 404 } }, 10, 10);
  assert.deepEqual([outcome, bytes.length], ['complete', 0]);
});

test('one range after another goes over the same connection', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  await origin.probe();
  for (const start of [0, 1_000_000, 2_000_000]) await collect(origin, { start, end: start + 900_000 });
  assert.equal(server.requests.length, 4);
  assert.equal(new Set(server.requests.map((one) => one.clientPort)).size, 1);
});

test('a kept connection that has died meanwhile fails nothing', async () => {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT } } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  await Promise.all([1, 2, 3, 4].map((start) => collect(origin, { start, end: 100_000 })));
  server.dropConnections();
  assert.equal((await collect(origin, { start: 1, end: 10 })).outcome, 'complete');
});

test('a whole file of unknown length is complete when it ends, and tells its size', async () => {
  const stream = { ranges: false, length: false };
  const { outcome, bytes, sizeBytes } = await fetched(stream, 0, undefined, { identity: ANY_FILE });
  assert.deepEqual([outcome, bytes.length, sizeBytes], ['complete', SIZE, SIZE]);
});

test('a whole file where its first bytes were asked for is cut off at their end', async () => {
  const { outcome, bytes } = await fetched({ ranges: false }, 0, 1_000_000);
  assert.deepEqual([outcome, bytes.length], ['complete', 1_000_000]);
});

test('a whole file is never taken for a part of it', async () => {
  await using server = await startOrigin({
    files: { '/f': { content: CONTENT, faults: { ignoreRange: true, times: 4 } } },
  });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const outcomes = [];
  for (let i = 0; i < 5; i++) {
    const { outcome, receivedBytes } = await collect(origin, { start: 5, end: 10 });
    outcomes.push([outcome, receivedBytes]);
  }
  // The fifth shows that an origin that comes to its senses is taken back.
  assert.deepEqual(outcomes, [
    ['broken', 0],
    ['broken', 0],
    ['refused', 0],
    ['refused', 0],
    ['complete', 5],
  ]);
});

test('a range that begins early is not taken', async () => {
  const { outcome, bytes } = await faulty({ earlyStartBytes: 300_000 }, 1_000_000, 1_500_000);
  assert.deepEqual([outcome, bytes.length], ['broken', 0]);
});

test('an origin that sends shorter parts than it was asked for is asked for the rest', async () => {
  for (const faults of [{ capBytes: 400_000 }, { capBytes: 400_000, hideTotal: true }]) {
    const { outcome, bytes } = await faulty(faults, 1_000_000, 2_900_000);
    assert.deepEqual([outcome, bytes.length], ['complete', 1_900_000]);
    const identity = ANY_FILE;
    const open = await fetched({ faults }, 1_000_000, undefined, { identity });
    assert.deepEqual([open.outcome, open.bytes.length, open.sizeBytes], ['complete', 2_000_000, SIZE]);
  }
});

test('an origin that sends crumbs is broken', async () => {
  const { outcome, bytes } = await faulty({ capBytes: 10 }, 1_000_000, 2_900_000);
  assert.deepEqual([outcome, bytes.length], ['broken', 10]);
});

test('ranges at the wrong place are not taken', async () => {
  for (const wrongContentRange of [
    'bytes 0-99/3000000',
    'bytes 101-200/3000000',
    'pages 100-199/3000000',
    '',
  ]) {
    const { outcome, bytes } = await faulty({ wrongContentRange }, 100, 200);
    assert.deepEqual([outcome, bytes.length], ['broken', 0], wrongContentRange);
  }
});

test('a range of a file of another size is refused', async () => {
  const { outcome, message, sizeBytes } = await faulty(
    { wrongContentRange: 'bytes 100-199/4000000' },
    100,
    200,
  );
  assert.deepEqual([outcome, sizeBytes], ['refused', 4_000_000]);
  assert.match(message ?? '', /changed/);
});

test('a file that was modified at another time is refused', async () => {
  const faults = { lastModified: 'Wed, 03 Jan 2024 03:04:05 GMT', etag: '"v2"' };
  const { outcome, message, bytes } = await faulty(faults, 100, 200);
  assert.deepEqual([outcome, bytes.length], ['refused', 0]);
  assert.match(message ?? '', /changed/);
});

test('compressed ranges are refused', async () => {
  const { outcome, message } = await faulty({ contentEncoding: 'gzip' }, 100, 200);
  assert.equal(outcome, 'refused');
  assert.match(message ?? '', /compresses/);
});

test('a range that does not exist any more is refused', async () => {
  const { outcome, message, sizeBytes } = await fetched({}, SIZE + 5, SIZE + 10);
  assert.deepEqual([outcome, sizeBytes], ['refused', SIZE]);
  assert.match(message ?? '', /changed/);
});

test('416 for a part that should be there is asked about again; when it stays there are no parts', async () => {
  const file = { content: CONTENT, faults: { status: 416, times: 1 } };
  await using server = await startOrigin({ files: { '/f': file } });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const ask = () => collect(origin, { start: 5, end: 10 }, { identity: IDENTITY });
  assert.deepEqual([(await ask()).outcome, (await ask()).outcome], ['broken', 'complete']);
  server.set('/f', { content: CONTENT, faults: { status: 416 } });
  assert.deepEqual([(await ask()).outcome, (await ask()).outcome], ['broken', 'broken']);
  const { outcome, error } = await ask();
  assert.deepEqual([outcome, error?.code], ['rangeless', 'origin-failed']);
});

test('a body that ends early is broken, and what came before counts', async () => {
  for (const file of [{}, { ranges: false }]) {
    const start = file.ranges === false ? 0 : 1000;
    const { outcome, bytes } = await fetched({ ...file, faults: { shortBody: 1000 } }, start, undefined);
    assert.deepEqual([outcome, bytes.length], ['broken', SIZE - start - 1000]);
  }
});

test('a chunked body that ends early in order is broken when the size is known', async () => {
  const { outcome, bytes } = await fetched(
    { ranges: false, length: false, faults: { shortBody: 1000 } },
    0,
    undefined,
  );
  assert.deepEqual([outcome, bytes.length], ['broken', SIZE - 1000]);
});

test('a connection that is reset is broken', async () => {
  const { outcome, message } = await faulty({ resetAfterBytes: 500_000 }, 0, SIZE);
  assert.equal(outcome, 'broken');
  assert.match(message ?? '', /broke off/);
});

test('an origin that stops sending is broken after the stall time', async () => {
  const { outcome, bytes, message } = await faulty({ stallAfterBytes: 500_000 }, 100, SIZE, {
    stallTimeoutMs: 50,
  });
  assert.deepEqual([outcome, bytes.length, message], ['broken', 500_000, 'The origin stopped sending.']);
});

test('an origin that never answers is broken after the time for headers', async () => {
  const { outcome, message } = await faulty({ silent: true }, 100, SIZE, { headersTimeoutMs: 20 });
  assert.equal(outcome, 'broken');
  assert.match(message ?? '', /in time/);
});

test('a refused connection is broken, a name that does not exist too', async () => {
  for (const url of ['http://127.0.0.1:1/f', 'http://nowhere.invalid/f']) {
    await using origin = new Origin(url, { allowPrivate: true });
    assert.equal((await collect(origin, { start: 1, end: 2 })).outcome, 'broken', url);
  }
});

test('a private address is refused unless allowed', async () => {
  const { outcome, message } = await fetched({}, 1, 2, { options: { allowPrivate: false } });
  assert.equal(outcome, 'refused');
  assert.match(message ?? '', /private network/);
});

test('a busy origin says when to come again', async () => {
  for (const status of [429, 503]) {
    const { outcome, retryAfterMs } = await faulty({ status, retryAfter: '7' }, 1, 2);
    assert.deepEqual([outcome, retryAfterMs], ['busy', 7000]);
  }
});

test('connections beyond what an origin takes are busy and hurt no other', async () => {
  const file = { content: CONTENT, faults: { refuseAbove: 2 } };
  await using server = await startOrigin({ files: { '/f': file }, ratePerConnection: 20_000_000 });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  const all = await Promise.all(
    [0, 1, 2].map((i) => collect(origin, { start: i * 1_000_000, end: (i + 1) * 1_000_000 })),
  );
  assert.deepEqual(all.map((one) => one.outcome).sort(), ['busy', 'complete', 'complete']);
});

test('no connection is kept on which an origin was too busy, nor an idle one beside it', async () => {
  await using server = await startOrigin({
    files: { '/f': { content: CONTENT, faults: { status: 503, after: 1, times: 1 } } },
  });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  for (const expected of ['complete', 'busy', 'complete'])
    assert.equal((await collect(origin, { start: 0, end: 10 })).outcome, expected);
  const ports = server.requests.map(({ clientPort }) => clientPort);
  assert.equal(ports[1], ports[0]);
  assert.notEqual(ports[2], ports[0]);
});

test('statuses that pass are broken, those that stay are refused', async () => {
  for (const [status, expected] of [
    [500, 'broken'],
    [502, 'broken'],
    [408, 'broken'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
  ] as const) {
    const { outcome, message } = await faulty({ status }, 1, 2);
    assert.equal(outcome, expected);
    assert.match(message ?? '', new RegExp(`HTTP ${status}`));
  }
});
