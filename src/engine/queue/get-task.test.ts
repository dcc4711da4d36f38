import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Interfaces } from '../../system/network-change.ts';
import { startOrigin } from '../../testing/origin-server/origin-server.ts';
import type { TaskEvent } from '../base/task.ts';
import { GetTask } from './get-task.ts';

/** After so long the machine is watched, and then as often. */
const WATCH_MS = 3_000;

/** The interfaces of this machine as the test wants them. */
function machine(t: TestContext) {
  const told = { interfaces: {} as Interfaces, looks: 0 };
  t.mock.method(os, 'networkInterfaces', () => {
    told.looks += 1;
    return told.interfaces;
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return told;
}

function homeOf(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'dragonload-queue-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

test('a download waits while its host is to be left alone, and that is no try of it', async (t) => {
  const home = homeOf(t);
  const now = performance.now.bind(performance);
  let laterMs = 0;
  t.mock.method(performance, 'now', () => now() + laterMs);
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const content = { seed: 'paused', sizeBytes: 5_000 };
  await using server = await startOrigin({
    files: {
      '/asks.bin': { content, faults: { status: 503, retryAfter: '3000' } },
      '/waits.bin': { content },
    },
  });
  const events: TaskEvent[] = [];
  const task = new GetTask([server.url('/asks.bin'), server.url('/waits.bin')], {
    directory: home,
    home,
    keepAwake: false,
    queue: { concurrent: 1, retries: 0 },
    onEvent: (event) => events.push(event),
  }).start();
  const isHeldOff = () => {
    const { queue } = task.view();
    return queue !== undefined && queue.failed > 0 && queue.running === 0;
  };
  while (!isHeldOff()) await new Promise(setImmediate);
  laterMs = 3_000_000;
  t.mock.timers.tick(laterMs);
  await assert.rejects(task.finished, /too busy/);
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'error' || event.type === 'done' ? [event.type] : [])),
    ['error', 'done'],
  );
  assert.equal(server.requests.filter(({ path }) => path === '/asks.bin').length, 1);
});

for (const [what, sizeBytes] of [
  ['a small file', 100_000],
  ['a large one', 4_000_000],
] as const) {
  test(`whoever stops it under a narrow limit does not wait for that: ${what}`, {
    timeout: 60_000,
  }, async (t) => {
    const home = homeOf(t);
    await using server = await startOrigin({
      files: { '/f.bin': { content: { seed: 'narrow', sizeBytes } } },
    });
    const options = { directory: home, home, keepAwake: false, limitRate: 1 };
    const task = new GetTask([server.url('/f.bin')], options).start();
    while (!task.view().downloads.some(({ originBytes }) => originBytes > 0)) await new Promise(setImmediate);
    await task.stop();
    await assert.rejects(task.finished, { code: 'aborted' });
  });
}

test('in another network what rests is tried at once, and over a connection that was made there', async (t) => {
  const home = homeOf(t);
  const { networkInterfaces } = os;
  const [address] = Object.values(networkInterfaces()).flatMap((infos) => infos ?? []);
  const told = machine(t);
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const content = { seed: 'moved', sizeBytes: 5_000 };
  await using server = await startOrigin({
    files: {
      '/late.bin': { content, faults: { status: 500, retryAfter: '3000', times: 1 } },
      '/soon.bin': { content },
    },
  });
  const events: TaskEvent[] = [];
  const task = new GetTask([server.url('/late.bin'), server.url('/soon.bin')], {
    directory: home,
    home,
    keepAwake: false,
    queue: { concurrent: 1, retries: 1 },
    onEvent: (event) => events.push(event),
  }).start();
  while (!events.some(({ type }) => type === 'done')) await new Promise(setImmediate);
  assert.match(
    events.map((event) => (event.type === 'notice' ? event.message : '')).join(''),
    /again in 3000 s/,
  );
  t.mock.timers.tick(WATCH_MS);
  while (told.looks === 0) await new Promise(setImmediate);
  told.interfaces = { wlan0: [{ ...address!, address: '192.0.2.7', internal: false }] };
  t.mock.timers.tick(WATCH_MS);
  assert.equal((await task.finished).length, 2);
  const [refused, first, second] = server.requests;
  assert.deepEqual(
    [refused, first, second].map((request) => [request?.path, request?.status]),
    [
      ['/late.bin', 500],
      ['/soon.bin', 206],
      ['/late.bin', 206],
    ],
  );
  assert.equal(refused!.clientPort, first!.clientPort, 'connections are used again');
  assert.notEqual(second!.clientPort, first!.clientPort);
});
