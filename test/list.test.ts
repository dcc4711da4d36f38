import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import type { Member } from './support/members.ts';
import { finishedBy, QueueStage } from './support/queue-stage.ts';

const SIZE = 8 * MIB;
const FILES = { '/a.bin': knownFile('list a', SIZE), '/b.bin': knownFile('list b', SIZE) };

function slowOrigin(): Promise<OriginServer> {
  return startOrigin({ files: FILES, ratePerConnection: 2 * MIB });
}

async function holds(run: Member, bytes: number): Promise<void> {
  await run.until(() => run.events.some((event) => (event.bytes ?? 0) >= bytes), `${bytes} bytes`);
}

test('two processes share the list: each shows in it, and both are finished in the history', async (t) => {
  await using origin = await slowOrigin();
  origin.trickle(SIZE / 30);
  const stage = new QueueStage(t);
  const runs = [stage.get([origin.url('/a.bin')]), stage.get([origin.url('/b.bin')])];
  for (const [index, run] of runs.entries())
    await stage.untilListed(index + 1, ({ bytes }) => bytes > 0, run);
  const rows = await stage.listed();
  assert.deepEqual(
    rows.map(({ state }) => state),
    ['running', 'running'],
  );
  assert.deepEqual(rows.map(({ name }) => name).sort(), ['a.bin', 'b.bin']);
  assert.ok(rows.every(({ size }) => size === SIZE));
  origin.release();
  for (const run of runs) assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual((await stage.history()).map(({ path }) => path).sort(), [
    join(stage.directory, 'a.bin'),
    join(stage.directory, 'b.bin'),
  ]);
  assert.deepEqual(await stage.listed(), []);
});

test('a second process with the same download says so, and the list shows the first as it is', async (t) => {
  await using origin = await slowOrigin();
  origin.holdAfter(2 * MIB);
  const stage = new QueueStage(t);
  const first = stage.get([origin.url('/a.bin')]);
  await holds(first, MIB);
  const second = stage.get([origin.url('/a.bin')]);
  await second.fails('part-busy');
  const [row] = await stage.listed();
  assert.deepEqual([row?.id, row?.state], [1, 'running']);
  assert.match(await stage.does('resume', '1'), /Download 1 is running/);
  origin.release();
  await first.finishes(FILES['/a.bin'].sha256);
});

test('what a killed process had is free at once: resume goes on with it, and it keeps its number', async (t) => {
  await using origin = await slowOrigin();
  origin.holdAfter(4 * MIB);
  const stage = new QueueStage(t);
  const run = stage.get([origin.url('/a.bin'), origin.url('/b.bin'), '--concurrent', '1']);
  await holds(run, 3 * MIB);
  await run.kill();
  origin.release();
  assert.deepEqual(
    (await stage.listed()).map(({ id, state }) => [id, state]),
    [
      [1, 'stopped'],
      [2, 'stopped'],
    ],
  );
  const again = stage.run(['resume', '--json', '--connections', '2']);
  assert.equal(await again.exit(), 0, again.describe('ended otherwise'));
  assert.equal(finishedBy(again).length, 2);
  assert.deepEqual(
    (await stage.history()).map(({ id }) => id),
    [2, 1],
  );
  assert.ok(origin.servedBytes('/a.bin') <= SIZE + 2 * MIB, `${origin.servedBytes('/a.bin')} bytes in all`);
});

test('of two resumes at once each download runs in one', async (t) => {
  await using origin = await slowOrigin();
  origin.holdAfter(4 * MIB);
  const stage = new QueueStage(t);
  const run = stage.get([origin.url('/a.bin'), origin.url('/b.bin')]);
  await holds(run, MIB);
  await run.kill();
  origin.release();
  const both = [stage.run(['resume', '--json']), stage.run(['resume', '--json'])];
  for (const one of both) await one.exit();
  const paths = both.flatMap(finishedBy);
  assert.deepEqual([...paths].sort(), [join(stage.directory, 'a.bin'), join(stage.directory, 'b.bin')]);
  assert.deepEqual(await stage.listed(), []);
  assert.deepEqual(readdirSync(stage.directory).sort(), ['a.bin', 'b.bin']);
});

test('how many connections proved right for an origin is remembered', async (t) => {
  const file = knownFile('remembered', 32 * MIB);
  await using origin = await startOrigin({ files: { '/a.bin': file }, ratePerConnection: 4 * MIB });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url(), '--connections', '4']);
  await run.finishes(file.sha256);
  const { originBytes = 0, seconds = 0 } = await run.event('done');
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(stateOf(stage), { readOnly: true });
  const row = database.prepare('SELECT host, connections, bytes_per_second FROM origins').get();
  database.close();
  assert.equal(row?.host, `127.0.0.1:${origin.port}`);
  assert.ok(Number(row?.connections) > 1, `${row?.connections} connections`);
  const ratio = Number(row?.bytes_per_second) / (originBytes / seconds);
  assert.ok(Math.abs(ratio - 1) < 0.01, `${row?.bytes_per_second} bytes per second`);
});

function stateOf({ home }: QueueStage): string {
  const found = readdirSync(home, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('state.db'),
  );
  assert.ok(found);
  return join(home, found);
}

/** A process in the middle of two downloads, one after the other, and its list. */
async function inTheMiddle(t: TestContext, origin: OriginServer) {
  origin.holdAfter(4 * MIB);
  const stage = new QueueStage(t);
  const run = stage.get([
    origin.url('/a.bin'),
    origin.url('/b.bin'),
    '--concurrent',
    '1',
    '--connections',
    '2',
  ]);
  await holds(run, 2 * MIB);
  return { stage, run, path: stateOf(stage) };
}

for (const [what, harm] of [
  ['damaged', (path: string) => writeFileSync(path, Buffer.alloc(20_000, 'x'))],
  ['emptied', (path: string) => writeFileSync(path, '')],
  [
    'deleted',
    (path: string) => {
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    },
  ],
] as const) {
  test(`a list that is ${what} while downloads run does not hold them up`, async (t) => {
    await using origin = await slowOrigin();
    const { stage, run, path } = await inTheMiddle(t, origin);
    harm(path);
    origin.release();
    assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
    assert.equal(finishedBy(run).length, 2);
    assert.equal((await stage.command(['ls'])).code, 0, 'the list is of use again');
  });
}

test('a broken list is kept aside at the start, and downloads go on', async (t) => {
  await using origin = await startOrigin({ files: FILES });
  const stage = new QueueStage(t);
  await stage.get([origin.url('/a.bin')]).finishes(FILES['/a.bin'].sha256);
  const path = stateOf(stage);
  for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
  writeFileSync(path, 'no database at all');
  const run = stage.get([origin.url('/b.bin')]);
  await run.finishes(FILES['/b.bin'].sha256);
  assert.match(run.log, /state\.db\.broken-1/);
  assert.ok(existsSync(`${path}.broken-1`));
});

test('where the list cannot be kept, downloads are made all the same', async (t) => {
  await using origin = await startOrigin({ files: FILES });
  const stage = new QueueStage(t);
  await stage.get([origin.url('/a.bin')]).finishes(FILES['/a.bin'].sha256);
  const path = stateOf(stage);
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
  const { mkdirSync } = await import('node:fs');
  mkdirSync(join(path, 'in-the-way'), { recursive: true });
  const run = stage.get([origin.url('/b.bin'), origin.url('/none.bin')]);
  assert.equal(await run.exit(), 1);
  assert.equal(finishedBy(run).length, 1);
});

test('where nothing of a user can be kept, downloads are made all the same, and nothing is left behind', async (t) => {
  await using origin = await startOrigin({ files: FILES });
  const stage = new QueueStage(t);
  const temporary = stage.stage.directory('temporary');
  const environment = { DRAGONLOAD_HOME: join(stage.write('file', ''), 'home'), TMPDIR: temporary };
  const run = stage.get([origin.url('/a.bin')], environment);
  await run.finishes(FILES['/a.bin'].sha256);
  assert.match(run.log, /Downloads go on without it/);
  const left = readdirSync(temporary).filter((name) => name.startsWith('dragonload'));
  assert.deepEqual(left, []);
});
