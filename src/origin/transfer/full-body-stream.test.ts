import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../testing/origin/collect.ts';
import { contentSlice, type OriginFaults, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';

const SIZE = 3_000_000;
const IDENTITY = { sizeBytes: SIZE, etag: '"v1"', lastModified: 'Tue, 02 Jan 2024 03:04:05 GMT' };

/** An origin that has answered so often in a way that did not fit that it has been found to serve no parts. */
async function rangeless(faults: OriginFaults | readonly OriginFaults[] = { ignoreRange: true }) {
  const server = await startOrigin({
    files: { '/f': { content: { seed: 'whole', sizeBytes: SIZE }, faults } },
  });
  const origin = new Origin(server.url(), { allowPrivate: true });
  const ask = (start: number, end: number | undefined) =>
    collect(origin, { start, end }, { identity: IDENTITY });
  const outcomes: string[] = [];
  for (let i = 0; i < 3; i++) outcomes.push((await ask(1000, 2000)).outcome);
  assert.deepEqual(outcomes, ['broken', 'broken', 'rangeless']);
  const asked = server.requests.length;
  return {
    origin,
    server,
    ask,
    /** Requests since then. */
    requests: () => server.requests.slice(asked),
    [Symbol.asyncDispose]: async () => {
      await origin[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function gets(
  ask: (start: number, end: number | undefined) => ReturnType<typeof collect>,
  start: number,
  end: number,
) {
  const { outcome, bytes } = await ask(start, end);
  assert.deepEqual([outcome, bytes.length], ['complete', end - start]);
  assert.ok(bytes.equals(contentSlice('whole', start, end)), `bytes ${start} to ${end} are right`);
}

test('ranges in order come from one reading of the whole file, in which what nobody wants is passed over', async () => {
  await using of = await rangeless();
  for (const [start, end] of [
    [10_000, 500_000],
    [500_000, 500_001],
    [1_234_567, SIZE],
  ] as const)
    await gets(of.ask, start, end);
  assert.deepEqual(
    of.requests().map(({ headers }) => headers.range),
    [undefined],
  );
});

test('a range that lies before the place of the reading begins another one', async () => {
  await using of = await rangeless();
  await gets(of.ask, 1_000_000, 2_000_000);
  await gets(of.ask, 0, 1_000_000);
  assert.equal(of.requests().length, 2);
});

test('there is one reading at a time: who else asks meanwhile is told to wait', async () => {
  await using of = await rangeless();
  const outcomes = await Promise.all([of.ask(0, 1_000_000), of.ask(1_000_000, SIZE)]);
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['complete', 'busy'],
  );
  await gets(of.ask, 1_000_000, SIZE);
  assert.equal(of.requests().length, 1);
});

test('a transfer that is called off leaves the reading to the next', async () => {
  await using of = await rangeless();
  const abort = new AbortController();
  let bytes = 0;
  const { outcome, receivedBytes } = await of.origin.fetchRange(
    { start: 0, end: SIZE },
    {
      identity: IDENTITY,
      signal: abort.signal,
      onChunk: async (chunk) => {
        bytes += chunk.length;
        abort.abort();
      },
    },
  );
  assert.deepEqual([outcome, receivedBytes], ['stopped', bytes]);
  await gets(of.ask, bytes, SIZE);
  assert.equal(of.requests().length, 1);
});

test('a reading stays as long as it is used, by one that began before the one before it was over, too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using of = await rangeless();
  const { origin } = of;
  const start = 1_000_000;
  const next = Promise.withResolvers<ReturnType<typeof origin.fetchRange>>();
  const goOn = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const begin = () => {
    const onChunk = () => {
      begun.resolve();
      return goOn.promise;
    };
    next.resolve(origin.fetchRange({ start, end: SIZE }, { identity: IDENTITY, onChunk }));
  };
  const range = { start: 0, end: start };
  let bytes = 0;
  const onChunk = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes < start) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(() => {
      resolve();
      // It comes after the last chunk is done with, and before whoever asked for it hears of the end.
      queueMicrotask(begin);
    });
    return promise;
  };
  assert.equal((await origin.fetchRange(range, { identity: IDENTITY, onChunk })).outcome, 'complete');
  await begun.promise;
  t.mock.timers.tick(60_000);
  goOn.resolve();
  assert.equal((await next.promise).outcome, 'complete');
  assert.equal(of.requests().length, 1);
});

test('a reading that breaks off is broken for the transfer that it serves, and begun anew for the next', async () => {
  await using of = await rangeless([
    { ignoreRange: true },
    { shortBody: SIZE - 1_500_000, after: 3, times: 1 },
  ]);
  const { outcome, bytes } = await of.ask(1_000_000, 2_000_000);
  assert.deepEqual([outcome, bytes.length], ['broken', 500_000]);
  await gets(of.ask, 1_500_000, 2_000_000);
});

test('an origin that has no fitting answer to the question for the whole file either is given up', async () => {
  await using of = await rangeless();
  const file = { content: { seed: 'other', sizeBytes: SIZE + 1 }, faults: { ignoreRange: true } };
  of.server.set('/f', file);
  const { outcome, error } = await of.ask(1000, 2000);
  assert.deepEqual([outcome, error?.code], ['refused', 'origin-changed']);
});

test('after a change of network parts are asked for again', async () => {
  await using of = await rangeless();
  of.server.set('/f', { content: { seed: 'whole', sizeBytes: SIZE } });
  of.origin.networkChanged();
  await gets(of.ask, 1000, 2000);
  assert.deepEqual(
    of.requests().map(({ headers }) => headers.range),
    ['bytes=1000-1999'],
  );
});

test('an origin whose probe has shown no parts is read whole for a range in its middle, at once', async () => {
  await using server = await startOrigin({
    files: { '/f': { content: { seed: 'whole', sizeBytes: SIZE }, ranges: false } },
  });
  await using origin = new Origin(server.url(), { allowPrivate: true });
  await origin.probe();
  const ask = (start: number, end: number | undefined) =>
    collect(origin, { start, end }, { identity: IDENTITY });
  assert.equal((await ask(1000, 2000)).outcome, 'rangeless');
  await gets(ask, 1000, 2000);
  await gets(ask, 2000, SIZE);
  assert.equal(server.requests.length, 2);
});
