import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { Stage } from './support/stage.ts';

/** The first MiB comes with the first look, and what the sockets hold when it is given up. */
const FIRST_LOOK_BYTES = 1.5 * MIB;

test('flags that are unknown or out of bounds are wrong usage with a next step', async (t) => {
  const stage = new Stage(t);
  const url = 'https://example.org/file.bin';
  const lines: readonly (readonly string[])[] = [
    ['get', url, '--frobnicate'],
    ['get', url, '--port', '65536'],
    ['get', url, '--limit', '10Mb'],
    ['get', url, '--limit', '0'],
    ['get', url, '--checksum', 'sha256=abc'],
    ['get', url, '--header', 'no colon'],
    ['get', url, '--header', 'Range: bytes=0-1'],
    ['get', url, '--name', ''],
    ['get'],
    ['frobnicate', url],
    ['get', url, url, '--output', 'one.bin'],
  ];
  const members = lines.map((argv, index) => stage.start(`run ${index}`, argv));
  for (const member of members) await member.fails('usage', 2);
});

test('a directory that cannot be written to is an error, and no more is fetched than comes with the first look', async (t) => {
  const file = knownFile('unwritable', 16 * MIB);
  await using origin = await startOrigin({ files: { '/file.bin': file } });
  const stage = new Stage(t);
  const plain = join(stage.folder, 'plain');
  await writeFile(plain, '');
  await stage.get('ada', origin.url(), { args: ['--dir', join(plain, 'below')] }).fails('unwritable');
  await stage.host('bob', origin.url(), { args: ['--dir', '/proc/nowhere'] }).fails('unwritable');
  assert.ok(origin.servedBytes() <= FIRST_LOOK_BYTES);
});

test('with a home that cannot be written to a download goes on and says so; a room, which needs a key, does not', async (t) => {
  const file = knownFile('homeless', 4 * MIB);
  await using origin = await startOrigin({ files: { '/file.bin': file } });
  const stage = new Stage(t);
  const plain = join(stage.folder, 'plain');
  await writeFile(plain, '');
  const environment = { DRAGONLOAD_HOME: plain };
  const alone = stage.get('ada', origin.url(), { environment });
  await alone.finishes(file.sha256);
  assert.match(alone.log, /The list of downloads at .* cannot be written/);
  const { next } = await stage.host('bob', origin.url(), { environment }).fails('unwritable');
  assert.match(next!, /DRAGONLOAD_HOME/);
});

test('a part file of a newer version is left alone', async (t) => {
  const file = knownFile('newer', 4 * MIB);
  await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const first = stage.get('ada', origin.url());
  await first.until(() => first.events.some(({ bytes }) => bytes! > MIB), 'a part of the file');
  await first.kill();
  const journals = join(stage.home('ada'), 'data/journals');
  const [name] = (await readdir(journals)).filter((entry) => entry.endsWith('.jsonl'));
  const journal = join(journals, name!);
  const newer = (await readFile(journal, 'utf8')).replace('"v":1', '"v":2');
  await writeFile(journal, newer);
  const part = join(first.directory, 'file.bin.dragonload');
  const before = await stat(part);

  const { message } = await stage.get('ada', origin.url()).fails('part-version');
  assert.ok(message!.includes('file.bin.dragonload'));
  assert.equal(await readFile(journal, 'utf8'), newer);
  assert.equal((await stat(part)).mtimeMs, before.mtimeMs);
});

test('a full disk ends the download, and with room again it goes on', async (t) => {
  const file = knownFile('full', 8 * MIB);
  await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const small = join(stage.folder, 'small');
  mkdirSync(small);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=9m', 'tmpfs', small], { stdio: 'ignore' });
  } catch {
    return t.skip('a small file system cannot be mounted here');
  }
  try {
    const filler = join(small, 'filler');
    // No room from the start: no more is fetched than comes with the first look.
    await writeFile(filler, Buffer.alloc(4 * MIB));
    await stage.get('ada', origin.url(), { directory: small }).fails('disk-full');
    assert.ok(origin.servedBytes() <= FIRST_LOOK_BYTES && !readdirSync(small).includes('file.bin'));

    // Room that goes away on the way.
    await writeFile(filler, '');
    const run = stage.get('ada', origin.url(), { directory: small });
    await run.until(() => run.events.some(({ bytes }) => bytes! >= 2 * MIB), 'a part of the file');
    await writeFile(filler, Buffer.alloc(4 * MIB));
    await run.fails('disk-full');
    const beforeBytes = origin.servedBytes();

    await writeFile(filler, '');
    await stage.get('ada', origin.url(), { directory: small }).finishes(file.sha256);
    assert.ok(origin.servedBytes() - beforeBytes < 7 * MIB, 'what was there was not fetched again');
  } finally {
    execFileSync('umount', ['-l', small]);
    rmdirSync(small);
  }
});

test('a port that is taken is an error', async (t) => {
  const file = knownFile('port', MIB);
  await using origin = await startOrigin({ host: '0.0.0.0', files: { '/file.bin': file } });
  const url = `http://127.0.0.1:${origin.port}/file.bin`;
  const args = ['--port', String(origin.port)];
  const { next } = await new Stage(t).host('ada', url, { args }).fails('port-busy');
  assert.match(next!, /--port/);
});

test('a file name from an origin never leaves the directory', async (t) => {
  const file = knownFile('escape', 1_000, {
    headers: { 'content-disposition': 'attachment; filename="../../escape.bin"' },
  });
  await using origin = await startOrigin({ files: { '/file.bin': file } });
  const stage = new Stage(t);
  const { path } = await stage.get('ada', origin.url()).finishes(file.sha256);
  assert.equal(join(path, '..'), stage.directory('ada'));
});
