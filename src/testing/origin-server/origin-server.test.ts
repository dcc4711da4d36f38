import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { contentSha256, contentSlice, startOrigin } from './origin-server.ts';

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
