import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Geometry } from '../../core/geometry.ts';
import { bytesIn } from '../../core/ranges.ts';
import { content, finish, options } from '../../testing/disk/leftovers.ts';
import { assertSameBytes, temporaryDirectory } from '../../testing/disk/parts.ts';
import { readAria2Control } from './aria2-control.ts';
import { importLeftover, type LeftoverOptions } from './import-leftover.ts';
import { findLeftover } from './leftover.ts';

const PIECE = 256 * 1024;

const hasAria2 = spawnSync('aria2c', ['--version']).status === 0;
const skip = hasAria2 ? false : 'aria2 is not installed';

/**
 * What aria2 leaves when it is ended after the origin has sent `share` of the file and it has noted some of that, as it does each
 * second. An interrupt makes it write down what it still has in memory, a kill does not.
 */
async function killedAria2(
  t: TestContext,
  directory: string,
  share: number,
  flags: readonly string[] = [],
  signal: 'SIGINT' | 'SIGKILL' = 'SIGINT',
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
  await noted(join(directory, 'file.bin.aria2'), limit / 3);
  aria2.kill(signal);
  await gone;
  server.closeAllConnections();
  server.close();
  t.after(() => aria2.kill('SIGKILL'));
}

/** Waits until a control file says that there are so many bytes; not for ever, since nothing says that it ever will. */
async function noted(controlPath: string, bytes: number): Promise<void> {
  for (let tries = 0; tries < 250; tries++) {
    const control = readAria2Control(await readFile(controlPath).catch(() => new Uint8Array()));
    if (control !== undefined && bytesIn(control.ranges) >= bytes) return;
    await setTimeout(20);
  }
}

for (const allocation of ['none', 'prealloc', 'falloc']) {
  test(`what a killed aria2 left is gone on with, whatever had reached the disk (${allocation})`, {
    skip,
  }, async (t) => {
    const directory = await temporaryDirectory(t);
    await killedAria2(t, directory, 0.5, [`--file-allocation=${allocation}`], 'SIGKILL');
    const path = join(directory, 'file.bin');
    const left = await readFile(path);
    const notices: string[] = [];
    const done = await importLeftover(options(directory, notices, { leftover: path }));
    if (done === undefined) {
      // It had noted what was still in its memory, and that shows.
      assert.match(notices.join(), /no whole piece|differs|shorter than/);
      assertSameBytes(await readFile(path), left);
    } else {
      assert.ok(done.bytes <= content.length * 0.6);
      assert.equal(await finish(t, directory), Math.ceil(done.bytes / PIECE));
    }
  });
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
    assert.ok(done !== undefined && done.bytes > 0 && done.bytes < content.length * 0.6);
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
