import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import { contentSha256, contentSlice } from '../../testing/origin-server/content.ts';
import { homeDirectory } from '../../testing/queue/queues.ts';
import { shareFinished } from './share-finished.ts';

const SIZE_BYTES = 300_000;
const SHA256 = contentSha256('finished', SIZE_BYTES);
const IDENTITY = { sizeBytes: SIZE_BYTES, etag: '"1"', lastModified: undefined };

/** A finished file, the row of the list that tells of it, and a look for it with these digests known. */
function newFinished(t: TestContext) {
  const directory = homeDirectory(t);
  const path = join(directory, 'disc.iso');
  writeFileSync(path, contentSlice('finished', 0, SIZE_BYTES));
  const row: DownloadRow = {
    id: 1,
    way: 'get',
    state: 'done',
    url: 'https://example.org/disc.iso',
    directory,
    priority: 0,
    attempts: 1,
    heldBytes: SIZE_BYTES,
    originBytes: SIZE_BYTES,
    lanBytes: 0,
    bytesPerSecond: 0,
    createdMs: 0,
    job: '{}',
    path,
    sizeBytes: SIZE_BYTES,
    sha256: SHA256,
    etag: '"1"',
    trust: 'self-verified',
    fileModifiedMs: statSync(path).mtimeMs,
  };
  const notices: string[] = [];
  const look = async (from: DownloadRow | undefined, expected: readonly ExpectedDigest[] = []) => {
    const { signal } = new AbortController();
    const wanted = { identity: IDENTITY, given: [], expected, directory, fileName: 'disc.iso', signal };
    const here = await shareFinished(from, wanted, (message) => void notices.push(message));
    t.after(() => here?.file[Symbol.asyncDispose]());
    return here;
  };
  return { path, row, look, notices };
}

function digest(hex: string): readonly ExpectedDigest[] {
  return [{ algorithm: 'sha256', hex, by: 'SHA256SUMS' }];
}

test('a download of the list that nobody has changed is shared, trusted as it was', async (t) => {
  const { row, look, path } = newFinished(t);
  const here = await look(row);
  assert.equal(here?.file.path, path);
  assert.deepEqual(here?.trust, { kind: 'self-verified' });
});

test('what the file system takes for unchanged, and has other bytes, is fetched again', async (t) => {
  const { row, look, path, notices } = newFinished(t);
  const { atimeMs, mtimeMs } = statSync(path);
  writeFileSync(path, contentSlice('rotten', 0, SIZE_BYTES));
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
  assert.equal(await look({ ...row, fileModifiedMs: statSync(path).mtimeMs }), undefined);
  assert.match(notices.join(), /is not what was downloaded any more/);
});

test('a file of the name is shared when it has the digest that is known, whoever put it there', async (t) => {
  const { look } = newFinished(t);
  const here = await look(undefined, digest(SHA256));
  assert.deepEqual(here?.trust, { kind: 'publisher-verified', by: 'sha256 from SHA256SUMS' });
});

test('a file of the name is not shared without a digest, nor with another, nor with a CRC alone', async (t) => {
  const { look } = newFinished(t);
  assert.equal(await look(undefined), undefined);
  assert.equal(await look(undefined, digest('ab'.repeat(32))), undefined);
  assert.equal(await look(undefined, [{ algorithm: 'crc32', hex: '00000000', by: 'a list' }]), undefined);
});

test('a file of another size than the origin says is not shared', async (t) => {
  const { look, path } = newFinished(t);
  writeFileSync(path, 'short');
  const sha256 = createHash('sha256').update('short').digest('hex');
  assert.equal(await look(undefined, digest(sha256)), undefined);
});
