import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { QueueStage } from './support/queue-stage.ts';

const SIZE = 8 * MIB;
const FILE = knownFile('fresh', SIZE);
/** What a look at a new address, and sockets that are cut, may cost. */
const SLACK = MIB;

for (const [when, faults] of [
  ['had a 403', { status: 403 }],
  ['had a login page', { loginPage: true }],
  ['had a 410', { status: 410 }],
] as const) {
  test(`a link that ${when} in the middle: refresh and resume go on, and so does the same get`, async (t) => {
    for (const way of ['resume', 'get'] as const) {
      await using origin = await startOrigin({ files: { '/old.bin': FILE }, ratePerConnection: 4 * MIB });
      const stage = new QueueStage(t);
      const run = stage.get([origin.url(), '--no-lookup']);
      await run.until(() => run.events.some(({ bytes = 0 }) => bytes >= 3 * MIB), '3 MiB');
      origin.set('/old.bin', { ...FILE, faults });
      origin.dropConnections();
      await run.fails('link-expired');
      assert.match(run.log, /dragonload refresh/);
      const [row] = await stage.listed();
      assert.equal(row?.error?.code, 'link-expired');

      origin.set('/new.bin', FILE);
      await stage.does('refresh', String(row!.id), `${origin.url('/new.bin')}?token=2`);
      const again =
        way === 'resume' ? stage.run(['resume', '--json']) : stage.get([origin.url(), '--no-lookup']);
      const { path } = await again.finishes(FILE.sha256);
      assert.match(path, /\/old\.bin$/);
      assert.ok(origin.servedBytes() <= SIZE + 2 * SLACK, `${origin.servedBytes()} bytes were served in all`);
      assert.deepEqual(await stage.listed(), []);
    }
  });
}

test('a fresh link reaches a download that runs, and one that has failed in a process that goes on', async (t) => {
  const files = { '/slow.bin': knownFile('slow', SIZE), '/old.bin': { ...FILE, faults: { status: 403 } } };
  await using origin = await startOrigin({ files, ratePerConnection: 2 * MIB });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url('/slow.bin'), origin.url('/old.bin')]);
  await run.event('error');
  await stage.untilListed(2, ({ state }) => state === 'failed', run);
  origin.set('/new.bin', FILE);
  origin.set('/slower.bin', files['/slow.bin']);
  assert.match(await stage.does('refresh', '2', origin.url('/new.bin')), /goes on with the new link/);
  assert.match(await stage.does('refresh', '1', origin.url('/slower.bin')), /goes on with the new link/);
  await run.until(() => origin.servedBytes('/new.bin') > MIB, 'bytes from the new link');
  origin.set('/slow.bin', { ...files['/slow.bin'], faults: { status: 403 } });
  origin.dropConnections();
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.ok(origin.servedBytes('/slower.bin') > 0);
});

test('a fresh link to another file is not taken, and nothing of the old one is lost', async (t) => {
  await using origin = await startOrigin({ files: { '/old.bin': FILE }, ratePerConnection: 4 * MIB });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url(), '--no-lookup']);
  await run.until(() => run.events.some(({ bytes = 0 }) => bytes >= 3 * MIB), '3 MiB');
  run.signal('SIGINT');
  await run.exit();
  origin.set('/wrong.bin', knownFile('wrong', SIZE));
  await stage.does('refresh', '1', origin.url('/wrong.bin'));
  await stage.run(['resume', '--json']).finishes(FILE.sha256);
  assert.ok(origin.servedBytes('/old.bin') <= SIZE + SLACK);
});
