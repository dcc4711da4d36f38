import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile } from './support/file.ts';
import { QueueStage } from './support/queue-stage.ts';

const FILES = { '/a.bin': knownFile('later a', 5000), '/b.bin': knownFile('later b', 5000) };

interface QueueLine {
  readonly waiting: number;
  readonly opensAt: string;
}

/** The time of day so many hours from now, as people write it. */
function inHours(hours: number): string {
  const then = new Date(Date.now() + hours * 3_600_000);
  return [then.getHours(), then.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

for (const [flag, value] of [
  ['--at', () => inHours(2)],
  ['--between', () => `${inHours(2)}-${inHours(3)}`],
] as const) {
  test(`${flag} keeps everything waiting until then, says when that is, and can be broken off`, async (t) => {
    await using origin = await startOrigin({ files: FILES });
    for (const targets of [Object.keys(FILES), ['/a.bin']]) {
      const stage = new QueueStage(t);
      const run = stage.get([...targets.map((path) => origin.url(path)), flag, value()]);
      const { waiting, opensAt } = (await run.event('queue')) as unknown as QueueLine;
      assert.equal(waiting, targets.length);
      // Times of day have no seconds.
      const opensInMs = Date.parse(opensAt) - Date.now();
      assert.ok(opensInMs > 7_000_000 && opensInMs <= 7_200_000, `opens at ${opensAt}`);
      for (const { state } of await stage.listed()) assert.equal(state, 'waiting');
      run.signal('SIGINT');
      assert.equal(await run.exit(), 130);
      for (const { state } of await stage.listed()) assert.equal(state, 'stopped');
    }
    assert.equal(origin.requests.length, 0);
  });
}

test('people read until when they have to wait', async (t) => {
  await using origin = await startOrigin({ files: FILES });
  const stage = new QueueStage(t);
  const at = inHours(2);
  const run = stage.run(['get', origin.url(), '--at', at]);
  await run.until(() => run.log.includes(at), `word that it begins at ${at}`);
});

test('what waits for its hour can be paused and removed, and the last one removed ends it', async (t) => {
  await using origin = await startOrigin({ files: FILES });
  const stage = new QueueStage(t);
  const run = stage.get([...Object.keys(FILES).map((path) => origin.url(path)), '--at', inHours(2)]);
  await run.event('queue');
  await stage.does('pause', '1');
  await stage.untilListed(1, ({ state }) => state === 'paused', run);
  await stage.does('resume', '1');
  await stage.untilListed(1, ({ state }) => state === 'waiting', run);
  await stage.does('rm', '1', '2', '--yes');
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.equal(origin.requests.length, 0);
});

test('a window that is open lets everything through', async (t) => {
  await using origin = await startOrigin({ files: FILES });
  const run = new QueueStage(t).get([origin.url(), '--between', `${inHours(-1)}-${inHours(1)}`]);
  await run.finishes(FILES['/a.bin'].sha256);
});
