import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { DragonloadError } from '../../core/errors.ts';
import { type Captured, captured } from '../../testing/cli/capture.ts';
import { contentSha256, type OriginServer, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { runCommandLine } from '../program.ts';

const SIZE = 8 * 1024 * 1024;
const SEED = 'carry on';

let home: string;
let origin: OriginServer;
const earlier = process.env.DRAGONLOAD_HOME;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'dragonload-carry-on-'));
  process.env.DRAGONLOAD_HOME = join(home, 'state');
  const content = { seed: SEED, sizeBytes: SIZE };
  origin = await startOrigin({ files: { '/disc.iso': { content }, '/moved': { content } } });
});
afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  if (earlier === undefined) delete process.env.DRAGONLOAD_HOME;
  else process.env.DRAGONLOAD_HOME = earlier;
  rmSync(home, { recursive: true });
});

const dragonload = (...argv: readonly string[]): Promise<Captured<number>> =>
  captured(() => runCommandLine(argv));

/** A download that has stopped somewhere in the middle. */
async function begun(): Promise<void> {
  const { value, out } = await dragonload(
    ...['get', origin.url('/disc.iso'), '-d', home, '--quota', '3M', '--limit', '3M', '--json'],
  );
  assert.equal(value, 1);
  assert.match(out, /"code":"quota"/);
  assert.ok(existsSync(join(home, 'disc.iso.dragonload')));
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

test('what a quota has stopped is listed and goes on with what has arrived', async () => {
  await begun();
  const row = JSON.parse((await dragonload('ls', '--json')).out) as Record<string, unknown>;
  assert.deepEqual([row.id, row.name, row.size], [1, 'disc.iso', SIZE]);
  const { value, out } = await dragonload('resume', '1', '--json');
  assert.equal(value, 0);
  const lines = out.trimEnd().split('\n');
  const done = JSON.parse(lines.at(-1)!) as Record<string, unknown>;
  assert.deepEqual([done.event, done.id], ['done', 1]);
  assert.ok(Number(done.originBytes) < SIZE, `${done.originBytes} of ${SIZE} were fetched again`);
  assert.equal(sha256Of(join(home, 'disc.iso')), contentSha256(SEED, SIZE));
  assert.equal((await dragonload('ls', '--ids')).out, '');
  assert.match((await dragonload('history')).out, /disc\.iso\n$/);
});

test('a fresh link of another name finishes the same file', async () => {
  await begun();
  await dragonload('refresh', '1', origin.url('/moved'));
  assert.equal((await dragonload('resume', '--quiet')).value, 0);
  assert.equal(sha256Of(join(home, 'disc.iso')), contentSha256(SEED, SIZE));
  assert.ok(!existsSync(join(home, 'moved')));
});

test('rm deletes what has arrived, and --keep does not', async () => {
  await begun();
  const part = join(home, 'disc.iso.dragonload');
  await dragonload('rm', '1', '--keep');
  assert.ok(existsSync(part));
  await begun();
  await dragonload('rm', '2', '--yes');
  assert.ok(!existsSync(part));
});

test('of two downloads the one that fails is named, with how to try again', async () => {
  const { value, err } = await dragonload(
    ...['get', origin.url('/disc.iso'), origin.url('/missing'), '-d', home, '--retries', '0'],
  );
  assert.equal(value, 1);
  assert.match(err, /Saved .*disc\.iso/);
  assert.match(err, /1 download failed:\n {2}2.*\n(.*\n)*To try again: dragonload resume 2\n$/);
});

test('a file of settings that is not there is wrong usage', async () => {
  const { value, err } = await dragonload('get', origin.url('/disc.iso'), '-d', home, '--cookies', 'no-such');
  assert.equal(value, 2, err);
  assert.match(err, /no-such does not exist\.\n {2}Check/);
});

test('what has been removed cannot be resumed', async () => {
  await dragonload('get', origin.url('/missing'), '-d', home, '--retries', '0');
  await dragonload('rm', '--failed');
  await assert.rejects(
    dragonload('resume', '1'),
    (error: DragonloadError) => error.code === 'unknown-download',
  );
});
