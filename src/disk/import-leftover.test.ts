import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Geometry } from '../core/geometry.ts';
import { importLeftover, type LeftoverOptions } from './import-leftover.ts';
import { findLeftover } from './leftover.ts';
import {
  assertSameBytes,
  bytesOf,
  fill,
  keepPiece,
  openPart,
  sha256,
  temporaryDirectory,
  writeRange,
} from './test-kit.ts';

const PIECE = 256 * 1024;
// Its last byte is not zero: what follows the last byte that is not counts as room made in advance.
const content = bytesOf(40 * PIECE + 77).fill(1, 40 * PIECE + 76);

/** The bytes of the origin, and what was asked of it. */
function options(
  directory: string,
  notices: string[],
  changes: Partial<LeftoverOptions> = {},
): LeftoverOptions {
  return {
    leftover: join(directory, 'file.bin'),
    directory,
    fileName: 'file.bin',
    url: 'http://origin.test/file.bin',
    identity: { sizeBytes: content.length, etag: '"one"', lastModified: undefined },
    geometry: new Geometry(content.length),
    dataDir: join(directory, 'data'),
    compare: async (start, end) => content.subarray(start, end),
    onNotice: (notice) => notices.push(notice),
    ...changes,
  };
}

/** Goes on with an imported part to the end, and checks the file. */
async function finish(t: TestContext, directory: string, changes = {}): Promise<number> {
  const part = await openPart(t, directory, content, { pieceDigest: 'crc32', ...changes });
  const resumed = part.resumed.length;
  await fill(part, content);
  assert.equal((await part.finish()).sha256, sha256(content));
  return resumed;
}

for (const pieceDigest of ['crc32', 'sha256'] as const) {
  test(`a bare beginning is gone on with, its size set in advance or not (${pieceDigest})`, async (t) => {
    for (const size of [11 * PIECE + 500, content.length]) {
      const directory = await temporaryDirectory(t);
      await writeFile(join(directory, 'file.bin'), content.subarray(0, 11 * PIECE + 500));
      await truncate(join(directory, 'file.bin'), size);
      const notices: string[] = [];
      const done = await importLeftover(options(directory, notices, { pieceDigest }));
      assert.equal(done?.bytes, 11 * PIECE);
      assert.ok(done.comparedBytes >= 8 * 16 * 1024 && done.comparedBytes <= done.bytes);
      assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin.dragonload']);
      assert.equal(await finish(t, directory, { pieceDigest }), 11);
      assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin']);
      assert.deepEqual(notices, []);
    }
  });
}

test('a hole in a bare file is fetched again', async (t) => {
  const directory = await temporaryDirectory(t);
  const bytes = Buffer.from(content);
  bytes.fill(0, 20 * PIECE + 16_384, 20 * PIECE + 32_768);
  await writeFile(join(directory, 'file.bin'), bytes);
  // The samples are beside it.
  const done = await importLeftover(options(directory, [], { random: () => 0.2 }));
  assert.equal(done?.bytes, content.length - PIECE);
  assert.equal(await finish(t, directory), 40);
});

test('what differs from the origin anywhere that is looked at stays as it is', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  // The first and the last byte are always looked at, and the fifth window of eight begins in the middle.
  const length = 30 * PIECE;
  const random = () => 0;
  for (const at of [0, length - 1, length / 2, length / 2 + 16_383]) {
    const bytes = Buffer.from(content.subarray(0, length));
    bytes[at]! ^= 3;
    await writeFile(path, bytes);
    const notices: string[] = [];
    assert.equal(await importLeftover(options(directory, notices, { random })), undefined);
    assert.match(notices.join(), /file\.bin is left as it is: it differs from what the origin has/);
    assertSameBytes(await readFile(path), bytes);
    assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin']);
    assert.deepEqual(await readdir(join(directory, 'data', 'journals')), []);
  }
});

test('what cannot be a part of the file is left, and why is said', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  const refused = async (why: RegExp, changes: Partial<LeftoverOptions> = {}) => {
    const notices: string[] = [];
    const compare = () => Promise.reject(new Error('nobody should ask'));
    assert.equal(await importLeftover(options(directory, notices, { compare, ...changes })), undefined);
    assert.match(notices.join('|'), why);
  };
  await refused(/there is no .*file\.bin/);
  await writeFile(path, Buffer.concat([content, Buffer.of(1)]));
  await refused(/it has \d+ bytes, and the whole file \d+/);
  await writeFile(path, content.subarray(0, PIECE - 1));
  await refused(/no whole piece/);
  await writeFile(path, Buffer.alloc(content.length));
  await refused(/no whole piece/);
  await refused(/does not tell the size/, { geometry: new Geometry(undefined) });
  await writeFile(`${path}.aria2`, 'rubbish');
  await refused(/aria2 cannot be understood/);
  await rm(`${path}.aria2`);
  await rm(path);
  await writeFile(join(directory, 'elsewhere'), content);
  await symlink('elsewhere', path);
  await refused(/not a plain file/);
  await rm(path);
  await mkdir(path);
  await refused(/not a plain file/);
  assertSameBytes(await readFile(join(directory, 'elsewhere')), content);
});

test('a part that is there already is not replaced, whether somebody has it or not', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin'), content);
  const part = await openPart(t, directory, content);
  await writeRange(part, content, 0, PIECE);
  await keepPiece(part, content, 0);
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices)), undefined);
  await part[Symbol.asyncDispose]();
  assert.equal(await importLeftover(options(directory, notices)), undefined);
  assert.match(notices[0]!, /another process/);
  assert.match(notices[1]!, /there is a part of an earlier download/);
  assert.equal((await openPart(t, directory, content)).resumed.length, 1);
  assertSameBytes(await readFile(join(directory, 'file.bin')), content);
});

test('a leftover that somebody writes meanwhile is left to him', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin'), content);
  const compare = async (start: number, end: number) => {
    const file = await open(join(directory, 'file.bin'), 'r+');
    await file.write(Buffer.of(1), 0, 1, 5 * PIECE);
    await file.close();
    return content.subarray(start, end);
  };
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices, { compare, random: () => 0.9 })), undefined);
  assert.match(notices.join(), /another program is writing it|differs/);
});

test('what the origin answers with an error, and a stop, leave the leftover', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin'), content);
  const compare = () => Promise.reject(new Error('gone'));
  await assert.rejects(importLeftover(options(directory, [], { compare })), { message: 'gone' });
  await assert.rejects(importLeftover(options(directory, [], { signal: AbortSignal.abort() })), {
    name: 'AbortError',
  });
  assertSameBytes(await readFile(join(directory, 'file.bin')), content);
  assert.equal((await importLeftover(options(directory, [])))?.bytes, content.length);
});

test('a leftover on another disk is not copied', { skip: process.platform !== 'linux' }, async (t) => {
  const directory = await temporaryDirectory(t);
  const elsewhere = `/dev/shm/dragonload-leftover-${process.pid}`;
  await writeFile(elsewhere, content);
  t.after(() => rm(elsewhere));
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices, { leftover: elsewhere })), undefined);
  assert.match(notices.join(), /another disk/);
});

const hasAria2 = spawnSync('aria2c', ['--version']).status === 0;
const skip = hasAria2 ? false : 'aria2 is not installed';

/** What aria2 leaves when it is killed after the origin has sent `share` of the file; it has then saved its control file. */
async function killedAria2(
  t: TestContext,
  directory: string,
  share: number,
  flags: readonly string[] = [],
): Promise<void> {
  const limit = Math.floor(content.length * share);
  let sent = 0;
  const half = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to ? Number(to) + 1 : content.length;
    const range = { 'content-range': `bytes ${start}-${end - 1}/${content.length}` };
    response.writeHead(from ? 206 : 200, {
      'content-length': end - start,
      'accept-ranges': 'bytes',
      ...(from ? range : {}),
    });
    let at = start;
    // Streams take turns, and stand still when so much has been sent in all.
    const more = () => {
      if (response.destroyed || at >= end) return response.end();
      if (sent >= limit) return half.resolve();
      const next = Math.min(end, at + 20_000);
      sent += next - at;
      const bytes = content.subarray(at, next);
      at = next;
      response.write(bytes, () => setImmediate(more));
    };
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const args = [
    '-q',
    '--no-conf',
    '-x4',
    '-s4',
    '-k1M',
    '--auto-save-interval=1',
    ...flags,
    '-d',
    directory,
    '-o',
    'file.bin',
  ];
  const aria2 = spawn('aria2c', [...args, `http://127.0.0.1:${port}/file.bin`], { stdio: 'ignore' });
  const gone = once(aria2, 'exit');
  await half.promise;
  // An interrupt makes it save what it has; the other way is to wait for the next second's save.
  aria2.kill('SIGINT');
  await gone;
  server.closeAllConnections();
  server.close();
  t.after(() => aria2.kill('SIGKILL'));
}

for (const [what, flags] of [
  ['a sparse file', ['--file-allocation=none']],
  ['a file of its full size', ['--file-allocation=prealloc']],
  ['one connection', ['-x1', '-s1']],
] as const) {
  test(`what aria2 left of ${what} is found, gone on with and finished`, { skip }, async (t) => {
    const directory = await temporaryDirectory(t);
    await killedAria2(t, directory, 0.5, flags);
    const leftover = await findLeftover(directory, 'file.bin');
    assert.equal(leftover, join(directory, 'file.bin'));
    const notices: string[] = [];
    const done = await importLeftover(options(directory, notices, { leftover }));
    assert.deepEqual(notices, []);
    assert.ok(done !== undefined && done.bytes > content.length / 4 && done.bytes < content.length * 0.6);
    assert.deepEqual((await readdir(directory)).sort(), [
      'data',
      'file.bin.aria2.imported',
      'file.bin.dragonload',
    ]);
    assert.equal(await finish(t, directory), Math.ceil(done.bytes / PIECE));
    assert.equal(await findLeftover(directory, 'file.bin'), undefined);
  });
}

test('a leftover of aria2 with a wrong or missing byte, or of another file, stays as it is', {
  skip,
}, async (t) => {
  const directory = await temporaryDirectory(t);
  await killedAria2(t, directory, 0.5);
  const path = join(directory, 'file.bin');
  const left = await readFile(path);
  const control = await readFile(`${path}.aria2`);
  const refused = async (why: RegExp, changes: Partial<LeftoverOptions> = {}) => {
    const notices: string[] = [];
    assert.equal(
      await importLeftover(options(directory, notices, { leftover: `${path}.aria2`, ...changes })),
      undefined,
    );
    assert.match(notices.join('|'), why);
    assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin', 'file.bin.aria2']);
  };
  const wrong = Buffer.from(left);
  wrong[0]! ^= 1;
  await writeFile(path, wrong);
  await refused(/differs/);
  await writeFile(path, left.subarray(0, PIECE));
  await refused(/shorter than/);
  await writeFile(path, left);
  await writeFile(`${path}.aria2`, control.subarray(0, control.length - 1));
  await refused(/cannot be understood/);
  await writeFile(`${path}.aria2`, control);
  await refused(/a part of a file of \d+ bytes/, { geometry: new Geometry(content.length + 1) });
  assert.ok((await importLeftover(options(directory, [], { leftover: `${path}.aria2` }))) !== undefined);
});
