import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Geometry } from '../core/geometry.ts';
import { content, interrupted, parts, pieces } from '../testing/disk/interrupted.ts';
import {
  assertSameBytes,
  bytesOf,
  fill,
  keepPiece,
  openPart,
  temporaryDirectory,
  writeRange,
} from '../testing/disk/parts.ts';

test('the part of a changed file is kept aside with its journal', async (t) => {
  const { directory, part: path } = await interrupted(t);
  const notices: string[] = [];
  const part = await openPart(t, directory, content, {
    identity: { sizeBytes: content.length, etag: '"two"', lastModified: undefined },
    onNotice: (notice) => notices.push(notice),
  });
  assert.deepEqual(pieces(part), []);
  assert.equal(notices.length, 1);
  assertSameBytes(await readFile(`${path}.old-1`), content);
  assert.equal(
    (await readdir(join(directory, 'data', 'journals'))).filter((name) => name.endsWith('.jsonl')).length,
    2,
  );
});

for (const [what, lastModified] of [
  ['no date', undefined],
  ['the same date', 'Tue, 02 Jan 2024 03:04:05 GMT'],
] as const) {
  test(`a part that was left under another strong tag and ${what} is gone on with only where its bytes are those of the origin`, async (t) => {
    const identity = { sizeBytes: content.length, etag: '"two"', lastModified };
    const changed = bytesOf(content.length, 9);
    for (const [now, found] of [
      [content, [0, 1, 2, 5, 8]],
      [changed, []],
    ] as const) {
      const { directory, part: path } = await interrupted(t, 'sha256', lastModified);
      const compare = async (start: number, end: number) => now.subarray(start, end);
      const part = await openPart(t, directory, content, { identity, compare });
      assert.deepEqual(pieces(part), found);
      assert.equal((await parts(directory)).includes(`${basename(path)}.old-1`), now === changed);
    }
  });
}

test('where nothing of another address can be compared, the part is kept aside', async (t) => {
  const { directory, part: path } = await interrupted(t);
  const part = await openPart(t, directory, content, { isElsewhere: true });
  assert.deepEqual(pieces(part), []);
  assertSameBytes(await readFile(`${path}.old-1`), content);
});

test('what is asked for to compare and does not come leaves the part as it is', async (t) => {
  const { directory } = await interrupted(t);
  const identity = { sizeBytes: content.length, etag: '"two"', lastModified: undefined };
  const compare = () => Promise.reject(new Error('nothing came'));
  await assert.rejects(openPart(t, directory, content, { identity, compare }));
  assert.deepEqual(pieces(await openPart(t, directory, content)), [0, 1, 2, 5, 8]);
});

test('a part of another address with the same strong tag and size is gone on with only where its bytes are those of the origin', async (t) => {
  const url = 'http://mirror.test/f';
  for (const [now, found] of [
    [content, [0, 1, 2, 5, 8]],
    [bytesOf(content.length, 9), []],
    [undefined, []],
  ] as const) {
    const { directory, part: path } = await interrupted(t);
    const compare = now && (async (start: number, end: number) => now.subarray(start, end));
    const part = await openPart(t, directory, content, { url, compare });
    assert.deepEqual(pieces(part), found);
    // The part of another download stays where it is.
    const isOther = found.length === 0;
    assert.equal(part.partPath, isOther ? join(directory, 'file (1).bin.dragonload') : path);
    assert.equal((await parts(directory)).length, isOther ? 2 : 1);
  }
});

test('a part that holds nothing yet is gone on with under another tag', async (t) => {
  const directory = await temporaryDirectory(t);
  const first = await openPart(t, directory, content);
  await first[Symbol.asyncDispose]();
  const identity = { sizeBytes: content.length, etag: '"two"', lastModified: undefined };
  await openPart(t, directory, content, { identity });
  assert.deepEqual(await parts(directory), ['file.bin.dragonload']);
});

test('another download of the same name gets a number', async (t) => {
  const { directory, part: path } = await interrupted(t);
  const other = bytesOf(1000, 2);
  const options = {
    url: 'http://other.test/',
    identity: { sizeBytes: 1000, etag: '"x"', lastModified: undefined },
  };
  const part = await openPart(t, directory, other, options);
  await fill(part, other);
  assert.equal((await part.finish()).path, join(directory, 'file (1).bin'));
  assertSameBytes(await readFile(path), content);
});

test('a part of a stream that had no length starts over in its place', async (t) => {
  const directory = await temporaryDirectory(t);
  const options = {
    geometry: new Geometry(undefined),
    identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
  };
  const first = await openPart(t, directory, content, options);
  await writeRange(first, content, 0, content.length);
  await keepPiece(first, content, 0);
  await first[Symbol.asyncDispose]();
  const again = await openPart(t, directory, content, options);
  assert.deepEqual(pieces(again), []);
  assert.deepEqual(await parts(directory), ['file.bin.dragonload']);
});
