import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { content, interrupted, PIECE, parts, pieces, unsigned } from '../testing/disk/interrupted.ts';
import {
  bytesOf,
  fill,
  keepPiece,
  openPart,
  sha256,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';

test('a later run finds the kept pieces with their records, and finishes', async (t) => {
  const { directory } = await interrupted(t);
  const progress: number[] = [];
  const part = await openPart(t, directory, content, {
    onProgress: (bytes, total) => progress.push(bytes / total),
  });
  assert.deepEqual(pieces(part), [0, 1, 2, 5, 8]);
  assert.equal(part.resumed[0]?.signer, 'a'.repeat(64));
  assert.deepEqual(part.resumed[0]?.signature, new Uint8Array(64).fill(7));
  assert.equal(progress.at(-1), 1);
  for (const piece of [3, 4, 6, 7]) {
    await writeRange(part, content, piece * PIECE, (piece + 1) * PIECE);
    await keepPiece(part, content, piece);
  }
  assert.equal((await part.finish()).sha256, sha256(content));
});

test('a piece that was unkept is not gone on with', async (t) => {
  const { directory } = await interrupted(t);
  const part = await openPart(t, directory, content);
  part.unkeep(2);
  await part[Symbol.asyncDispose]();
  assert.deepEqual(pieces(await openPart(t, directory, content)), [0, 1, 5, 8]);
});

test('a part begun with checksums alone is gone on with in a room, and the other way round', async (t) => {
  for (const begun of ['crc32', 'sha256'] as const) {
    for (const pieceDigest of ['crc32', 'sha256'] as const) {
      const { directory } = await interrupted(t, begun);
      const part = await openPart(t, directory, content, { pieceDigest });
      assert.deepEqual(pieces(part), [0, 1, 2, 5, 8]);
      for (const record of part.resumed) {
        const isChecksum = begun === 'crc32' && pieceDigest === 'crc32';
        const bytes = content.subarray(record.piece * PIECE, (record.piece + 1) * PIECE);
        const expected = isChecksum ? crc32(bytes).toString(16).padStart(8, '0') : sha256(bytes);
        assert.equal(Buffer.from(record.sha256).toString('hex'), expected);
      }
      for (const piece of [3, 4, 6, 7]) {
        await writeRange(part, content, piece * PIECE, (piece + 1) * PIECE);
        await part.keep(unsigned(piece, await part.hash(piece)));
      }
      assert.equal((await part.finish()).sha256, sha256(content));
    }
  }
});

test('checksums show a wrong byte too', async (t) => {
  const { directory, part: path } = await interrupted(t, 'crc32');
  const file = await open(path, 'r+');
  await file.write(Buffer.of(content[PIECE + 5]! ^ 1), 0, 1, PIECE + 5);
  await file.close();
  const part = await openPart(t, directory, content, { pieceDigest: 'sha256' });
  assert.deepEqual(pieces(part), [0, 2, 5, 8]);
});

test('what a killed process had kept is found by the next', async (t) => {
  const directory = await temporaryDirectory(t);
  const kit = JSON.stringify(new URL('../testing/disk/parts.ts', import.meta.url).href);
  // 64 records are written at once; the child says when they are.
  const code = `
    import { readdirSync, readFileSync } from 'node:fs';
    const kit = await import(${kit});
    const [directory] = process.argv.slice(1);
    const content = kit.bytesOf(70 * ${PIECE}, 3);
    const part = await kit.openPart({ after() {} }, directory, content);
    await kit.writeRange(part, content, 0, content.length);
    for (let piece = 0; piece < 64; piece++) await kit.keepPiece(part, content, piece);
    const journals = directory + '/data/journals/';
    const journal = journals + readdirSync(journals).find((name) => name.endsWith('.jsonl'));
    const look = () => {
      if (readFileSync(journal, 'utf8').split('\\n').length > 65) console.log('kept');
      else setImmediate(look);
    };
    look();
    setInterval(() => {}, 1000);`;
  const args = ['--input-type=module', '-e', code, directory];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const again = await openPart(t, directory, bytesOf(70 * PIECE, 3));
  assert.ok(again.resumed.length >= 64);
});

test('a wrong byte on the disk is found, and only that piece is fetched again', async (t) => {
  const { directory, part: path } = await interrupted(t);
  const file = await open(path, 'r+');
  await file.write(Buffer.of(content[PIECE + 5]! ^ 1), 0, 1, PIECE + 5);
  await file.close();
  const notices: string[] = [];
  const part = await openPart(t, directory, content, { onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(pieces(part), [0, 2, 5, 8]);
  assert.equal(notices.length, 1);
  await fill(part, content);
  assert.equal((await part.finish()).sha256, sha256(content));
});

test('a part that was cut short gives what it still has', async (t) => {
  const { directory, part: path } = await interrupted(t);
  await truncate(path, 2 * PIECE + 100);
  assert.deepEqual(pieces(await openPart(t, directory, content)), [0, 1]);
});

test('a torn last line of the journal is cut off, and the journal goes on after it', async (t) => {
  const { directory, journal } = await interrupted(t);
  const bytes = await readFile(journal);
  await writeFile(journal, bytes.subarray(0, bytes.length - 20));
  const part = await openPart(t, directory, content);
  assert.deepEqual(pieces(part), [0, 1, 5, 8]);
  await writeRange(part, content, 3 * PIECE, 4 * PIECE);
  await keepPiece(part, content, 3);
  await part[Symbol.asyncDispose]();
  assert.deepEqual(pieces(await openPart(t, directory, content)), [0, 1, 3, 5, 8]);
});

test('a broken line ends the trust in the lines after it', async (t) => {
  const { directory, journal } = await interrupted(t);
  const lines = (await readFile(journal, 'utf8')).split('\n');
  lines.splice(3, 0, '{"p":-1}');
  await writeFile(journal, lines.join('\n'));
  assert.deepEqual(pieces(await openPart(t, directory, content)), [0, 5]);
});

test('pieces that the file cannot have are ignored', async (t) => {
  const { directory, journal } = await interrupted(t);
  const record = { p: 9, h: '0'.repeat(64), m: 'a'.repeat(64), s: `${'A'.repeat(86)}==` };
  await appendFile(journal, `${JSON.stringify(record)}\n`);
  assert.deepEqual(pieces(await openPart(t, directory, content)), [0, 1, 2, 5, 8]);
});

test('an unreadable journal is kept aside with its part, and the download starts afresh', async (t) => {
  const { directory, journal } = await interrupted(t);
  await writeFile(journal, 'rubbish\n');
  const notices: string[] = [];
  const part = await openPart(t, directory, content, { onNotice: (notice) => notices.push(notice) });
  assert.deepEqual(pieces(part), []);
  assert.equal(notices.length, 1);
  assert.deepEqual(await parts(directory), ['file.bin.dragonload', 'file.bin.dragonload.old-1']);
  assert.equal(await readFile(`${journal}.corrupt-1`, 'utf8'), 'rubbish\n');
});

test('a journal of a newer version is refused and left as it is', async (t) => {
  const { directory, journal } = await interrupted(t);
  await writeFile(journal, '{"v":2,"whatever":1}\n');
  await assert.rejects(openPart(t, directory, content), { code: 'part-version', next: /newer version/ });
  assert.equal(await readFile(journal, 'utf8'), '{"v":2,"whatever":1}\n');
  assert.deepEqual(await parts(directory), ['file.bin.dragonload']);
  // The refusal has let go of its lock.
  await assert.rejects(openPart(t, directory, content), { code: 'part-version' });
});

test('a part file that nobody here began is left alone, be it a file, a link or a directory', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin.dragonload'), 'foreign');
  await symlink(join(directory, 'victim'), join(directory, 'file (1).bin.dragonload'));
  await mkdir(join(directory, 'file (2).bin.dragonload'));
  const part = await openPart(t, directory, content);
  assert.equal(part.partPath, join(directory, 'file (3).bin.dragonload'));
  assert.equal(await readFile(join(directory, 'file.bin.dragonload'), 'utf8'), 'foreign');
  assert.ok(!(await readdir(directory)).includes('victim'));
});

test('a link put in the place of the part is not followed', async (t) => {
  const { directory, part: path } = await interrupted(t);
  await writeFile(join(directory, 'victim'), 'precious');
  await rm(path);
  await symlink(join(directory, 'victim'), path);
  const part = await openPart(t, directory, content);
  assert.equal(part.partPath, join(directory, 'file (1).bin.dragonload'));
  await fill(part, content);
  await part.finish();
  assert.equal(await readFile(join(directory, 'victim'), 'utf8'), 'precious');
});

test('a run that was killed between the two steps of naming the file is completed', async (t) => {
  const { directory, part: path } = await interrupted(t);
  await link(path, join(directory, 'file.bin'));
  const part = await openPart(t, directory, content);
  await fill(part, content);
  assert.equal((await part.finish()).path, join(directory, 'file.bin'));
  assert.deepEqual(await parts(directory), ['file.bin']);
});

test('the check can be stopped', async (t) => {
  const { directory } = await interrupted(t);
  await assert.rejects(openPart(t, directory, content, { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
  const control = new AbortController();
  const stopped = openPart(t, directory, content, {
    signal: control.signal,
    onProgress: () => control.abort(),
  });
  await assert.rejects(stopped, { name: 'AbortError' });
  assert.deepEqual(pieces(await openPart(t, directory, content)), [0, 1, 2, 5, 8]);
});

test('the journal is for the eyes of its owner', { skip: process.platform === 'win32' }, async (t) => {
  const { journal } = await interrupted(t);
  assert.equal((await stat(journal)).mode & 0o777, 0o600);
  assert.equal((await stat(join(journal, '..'))).mode & 0o777, 0o700);
});
