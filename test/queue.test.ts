import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type OriginFile,
  type OriginServer,
  startOrigin,
} from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { freePort } from './support/free-port.ts';
import { sha256Of } from './support/members.ts';
import { errorsOf, finishedBy, QueueStage } from './support/queue-stage.ts';

/** Files `/0.bin`, `/1.bin` and so on. */
function some(count: number, sizeBytes: number): Record<string, OriginFile & { sha256: string }> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `/${index}.bin`,
      knownFile(`queue ${index} ${sizeBytes}`, sizeBytes),
    ]),
  );
}

function urls(origin: OriginServer, files: Readonly<Record<string, OriginFile>>): readonly string[] {
  return Object.keys(files).map((path) => origin.url(path));
}

/** The paths in the order in which they were first asked for. */
function asked(origin: OriginServer): readonly string[] {
  return [...new Set(origin.requests.map(({ path }) => path))].filter((path) => path.endsWith('.bin'));
}

test('of several URLs some fail: the others arrive, the end names the failures, the exit code is 1', async (t) => {
  const files = some(4, 2 * MIB);
  await using origin = await startOrigin({ files });
  const dead = `http://127.0.0.1:${await freePort()}/dead.bin`;
  const stage = new QueueStage(t);
  const targets = [origin.url('/none.bin'), ...urls(origin, files), dead];
  const run = stage.get(targets);
  assert.equal(await run.exit(), 1, run.describe('ended otherwise'));
  for (const [path, { sha256 }] of Object.entries(files))
    assert.equal(await sha256Of(join(stage.directory, path)), sha256);
  const failures = errorsOf(run).map(({ code, url, id }) => `${id} ${code} ${url}`);
  const expected = [`1 origin-missing ${targets[0]}`, `6 origin-failed ${dead}`];
  assert.deepEqual(failures.sort(), expected);
  assert.deepEqual(
    (await stage.listed()).map(({ id, state, error }) => `${id} ${state} ${error?.code}`),
    ['1 failed origin-missing', '6 failed origin-failed'],
  );

  const { code, err } = await stage.command(['resume', '--failed']);
  assert.equal(code, 1);
  assert.match(err, /2 downloads failed:\n.*\nTo try again: dragonload resume (?:1 6|6 1)\n$/s);
});

test('what is too busy at first is tried again by itself, and the others do not wait for it', async (t) => {
  const files = some(2, 2 * MIB);
  const busy = { ...files['/0.bin']!, faults: { status: 503, times: 4 } };
  await using origin = await startOrigin({ files: { ...files, '/0.bin': busy } });
  const stage = new QueueStage(t);
  const run = stage.get([...urls(origin, files), '--concurrent', '1']);

  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual(finishedBy(run), [join(stage.directory, '1.bin'), join(stage.directory, '0.bin')]);
  assert.match(run.log, /too busy \(HTTP 503\)\. It is tried again in \d+ s/);
  assert.deepEqual(errorsOf(run), []);
});

test('--retries 0 gives up at once what is busy', async (t) => {
  const files = some(2, 2 * MIB);
  const busy = { ...files['/0.bin']!, faults: { status: 503 } };
  await using origin = await startOrigin({ files: { ...files, '/0.bin': busy } });
  const run = new QueueStage(t).get([...urls(origin, files), '--retries', '0']);

  await run.fails('origin-failed');
  assert.doesNotMatch(run.log, /tried again/);
  assert.equal(finishedBy(run).length, 1);
});

test('a single download whose address leads nowhere fails at once', async (t) => {
  const stage = new QueueStage(t);
  await using busy = await startOrigin({
    files: { '/busy.bin': { content: Buffer.alloc(9), faults: { status: 503 } } },
  });
  for (const url of [
    `http://127.0.0.1:${await freePort()}/a.bin`,
    'http://nowhere.invalid/a.bin',
    busy.url(),
  ]) {
    const run = stage.get([url]);
    assert.equal(await run.exit(), 1);
    assert.doesNotMatch(run.log, /tried again/);
  }
});

test('--concurrent and --per-host hold', async (t) => {
  const files = some(6, 2 * MIB);
  for (const [flag, most] of [
    ['--concurrent', 2],
    ['--per-host', 1],
  ] as const) {
    await using origin = await startOrigin({ files, ratePerConnection: 8 * MIB });
    const run = new QueueStage(t).get([...urls(origin, files), flag, String(most), '--no-lookup']);
    assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
    assert.ok(origin.peakActive <= most, `${origin.peakActive} at once with ${flag} ${most}`);
  }
});

test('one host that is slow keeps no place from another under --per-host', async (t) => {
  const slow = some(3, 4 * MIB);
  await using first = await startOrigin({ files: slow, ratePerConnection: 2 * MIB });
  await using second = await startOrigin({ files: { '/other.bin': knownFile('other', MIB) } });
  const run = new QueueStage(t).get([
    ...urls(first, slow),
    second.url(),
    '--concurrent',
    '2',
    '--per-host',
    '1',
  ]);
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.match(finishedBy(run)[0] ?? '', /other\.bin$/);
});

test('those with a higher priority start first', async (t) => {
  const files = some(4, 1024);
  await using origin = await startOrigin({ files });
  const stage = new QueueStage(t);
  const list = stage.write(
    'list.txt',
    urls(origin, files)
      .map((url, index) => `${url}\n  priority=${[0, 5, -5, 9][index]}\n`)
      .join(''),
  );
  const run = stage.get(['-i', list, '--concurrent', '1']);
  assert.equal(await run.exit(), 0, run.describe('ended otherwise'));
  assert.deepEqual(asked(origin), ['/3.bin', '/1.bin', '/0.bin', '/2.bin']);
});

test('the same URL twice is one download', async (t) => {
  await using origin = await startOrigin({ files: some(1, 2 * MIB) });
  const stage = new QueueStage(t);
  const run = stage.get([origin.url(), origin.url()]);
  assert.equal(await run.exit(), 0);
  assert.match(run.log, /there twice and will be made once/);
  assert.deepEqual(readdirSync(stage.directory), ['0.bin']);
  assert.equal(origin.duplicateBytes(), 0);
});

for (const [size, sizeBytes] of [
  ['small', 1000],
  ['large', 3 * MIB],
] as const) {
  test(`a ${size} file that is here already is not fetched again; one that has changed gets a number`, async (t) => {
    const file = knownFile('here', sizeBytes, { etag: '"one"' });
    await using origin = await startOrigin({ files: { '/here.bin': file } });
    const stage = new QueueStage(t);
    await stage.get([origin.url()]).finishes(file.sha256);
    const before = origin.servedBytes();
    const again = stage.get([origin.url()]);
    const { originBytes } = await again.finishes(file.sha256);
    assert.equal(originBytes, 0);
    assert.match(again.log, /here already/);
    assert.ok(origin.servedBytes() - before <= 1, 'no more was asked for than whether it is the same');

    const other = knownFile('there', sizeBytes, { etag: '"two"' });
    origin.set('/here.bin', other);
    const { path } = await stage.get([origin.url()]).finishes(other.sha256);
    assert.equal(path, join(stage.directory, 'here (1).bin'));
    assert.equal(await sha256Of(join(stage.directory, 'here.bin')), file.sha256);
  });
}

test('a finished file that was deleted or changed is fetched again', async (t) => {
  const file = knownFile('gone', 2 * MIB);
  await using origin = await startOrigin({ files: { '/gone.bin': file } });
  const stage = new QueueStage(t);
  await stage.get([origin.url()]).finishes(file.sha256);
  const { rmSync, appendFileSync } = await import('node:fs');
  rmSync(join(stage.directory, 'gone.bin'));
  await stage.get([origin.url()]).finishes(file.sha256);
  appendFileSync(join(stage.directory, 'gone.bin'), 'x');
  const { path } = await stage.get([origin.url()]).finishes(file.sha256);
  assert.equal(path, join(stage.directory, 'gone (1).bin'));
  assert.ok(existsSync(join(stage.directory, 'gone.bin')));
});
