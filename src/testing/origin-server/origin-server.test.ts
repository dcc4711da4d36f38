import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { contentSha256, contentSlice, startOrigin } from './origin-server.ts';

const NO_WINDOW = !existsSync('/proc/net/tcp') && 'this system does not tell what a client has not read';

test('content of a seed is the same however it is cut', () => {
  const whole = contentSlice('s', 0, 3_000_001);
  for (const [start, end] of [
    [0, 1],
    [15, 17],
    [1_048_575, 2_000_003],
    [3_000_000, 3_000_001],
    [5, 5],
  ] as const) {
    assert.ok(contentSlice('s', start, end).equals(whole.subarray(start, end)), `${start}-${end}`);
  }
  assert.ok(!contentSlice('t', 0, 100).equals(whole.subarray(0, 100)));
  assert.equal(contentSha256('s', 3_000_001), createHash('sha256').update(whole).digest('hex'));
});

test('content far beyond what fits into memory can be had', () => {
  assert.equal(contentSlice('s', 2 ** 43 + 7, 2 ** 43 + 107).length, 100);
});

test('what was sent twice is counted', async () => {
  await using origin = await startOrigin({ files: { '/f': { content: { seed: 's', sizeBytes: 1000 } } } });
  for (const range of ['bytes=0-499', 'bytes=400-599', 'bytes=450-459', 'bytes=900-']) {
    await (await fetch(origin.url(), { headers: { range } })).arrayBuffer();
  }
  assert.equal(origin.servedBytes(), 810);
  assert.equal(origin.duplicateBytes(), 110);
  assert.equal(origin.bytesByClient.get('127.0.0.1'), 810);
});

test('a limited origin sends the right bytes', async () => {
  const content = { seed: 's', sizeBytes: 100_000 };
  const rates = { ratePerClient: 2_000_000, ratePerConnection: 1_000_000 };
  await using origin = await startOrigin({ ...rates, files: { '/f': { content } } });
  const bytes = Buffer.from(await (await fetch(origin.url())).arrayBuffer());
  assert.ok(bytes.equals(contentSlice('s', 0, 100_000)));
});

test('an origin of its own process says where it is', async () => {
  const child = spawn(
    process.execPath,
    [`${import.meta.dirname}/origin-main.ts`, '--size', '10K', '--sha256'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const [line] = await once(child.stdout, 'data');
    const { url, sizeBytes, sha256 } = JSON.parse(String(line));
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    assert.equal(bytes.length, sizeBytes);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  } finally {
    child.kill();
  }
});

/** Bytes that have come of an answer; it is read to its end only when `rest` is awaited. */
async function begun(url: string) {
  const response = await fetch(url);
  const reader = response.body!.getReader();
  let bytes = 0;
  const rest = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length;
  })();
  return { rest, read: () => bytes };
}

const LARGE = { content: { seed: 's', sizeBytes: 1_000_000 } };

test('an origin that is held until two ask begins with both', async () => {
  await using origin = await startOrigin({ files: { '/f': LARGE } });
  origin.holdUntilAsked(2);
  const first = await begun(origin.url());
  assert.equal(origin.servedBytes(), 0);
  const second = await begun(origin.url());
  await Promise.all([first.rest, second.rest]);
  assert.equal(origin.servedBytes(), 2_000_000);
});

test('who asks and goes away is not counted among those who ask', async () => {
  await using origin = await startOrigin({ files: { '/f': LARGE } });
  origin.holdUntilAsked(2);
  const gone = new AbortController();
  await fetch(origin.url(), { signal: gone.signal });
  gone.abort();
  while (origin.active > 0) await new Promise(setImmediate);
  const first = await begun(origin.url());
  assert.equal(origin.servedBytes(), 0);
  const second = await begun(origin.url());
  await Promise.all([first.rest, second.rest]);
});

test('an origin that holds after some bytes sends them and no more, and the rest when it is released', async () => {
  await using origin = await startOrigin({ files: { '/f': LARGE }, ratePerConnection: 50_000_000 });
  origin.holdAfter(600_000);
  const { rest, read } = await begun(origin.url());
  while (read() < 500_000) await new Promise(setImmediate);
  while (origin.servedBytes() < 600_000) await new Promise(setImmediate);
  assert.ok(origin.servedBytes() <= 800_000, `${origin.servedBytes()} bytes were sent`);
  const short = await fetch(origin.url(), { headers: { range: 'bytes=0-99' } });
  assert.equal((await short.arrayBuffer()).byteLength, 100, 'who only looks is not held');
  origin.release();
  await rest;
  assert.equal(read(), 1_000_000);
});

test('what waits for all who ask is held after some bytes, too', async () => {
  await using origin = await startOrigin({ files: { '/f': LARGE } });
  origin.holdUntilAsked(2);
  origin.holdAfter(300_000);
  const both = [await begun(origin.url()), await begun(origin.url())];
  while (origin.servedBytes() < 300_000) await new Promise(setImmediate);
  assert.ok(origin.servedBytes() <= 900_000, `${origin.servedBytes()} bytes were sent`);
  origin.release();
  await Promise.all(both.map(({ rest }) => rest));
  assert.equal(origin.servedBytes(), 2_000_000);
});

test('to a client that does not read no more is sent than the window', { skip: NO_WINDOW }, async () => {
  const file = { content: { seed: 's', sizeBytes: 4_000_000 } };
  await using origin = await startOrigin({
    files: { '/idle': file, '/read': file },
    ratePerConnection: 2_000_000,
  });
  const idle = await new Promise<IncomingMessage>((resolve) => get(origin.url('/idle'), resolve));
  // At the same rate: when it is over, all of the other one could have been sent.
  await (await fetch(origin.url('/read'))).arrayBuffer();
  assert.ok(origin.servedBytes('/idle') < 500_000, `${origin.servedBytes('/idle')} bytes were sent`);
  let bytes = 0;
  for await (const chunk of idle) bytes += (chunk as Buffer).length;
  assert.equal(bytes, 4_000_000);
});
