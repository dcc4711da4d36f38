import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../lists/job.ts';
import type { DownloadRow } from '../store/download-row.ts';
import { jobOf, jobText } from './job-row.ts';

const row = (job: string) => ({ id: 7, job }) as DownloadRow;

test('what a job says comes back as it was, with its number', () => {
  const job: Job = {
    url: 'https://example.org/a.iso',
    mirrors: ['https://b.example/a.iso'],
    output: 'b.iso',
    checksums: [{ checksum: `sha256:${'0'.repeat(64)}`, by: 'the list' }],
    sizeBytes: 5,
    pieces: { algorithm: 'sha1', pieceBytes: 65536, hashes: ['0'.repeat(40)] },
    priority: -3,
    limitRate: 2048,
    request: { headers: [['X-A', '1']], referer: 'https://example.org/' },
    trusted: false,
    isListed: true,
  };
  assert.deepEqual(jobOf(row(jobText(job, '/downloads'))), { ...job, directory: '/downloads', id: 7 });
});

test('proxies, files to be read and whatever else is no part of a job are left out', () => {
  const request = {
    proxy: 'http://127.0.0.1:1',
    insecure: true,
    netrc: '/x',
    cookieFile: '/y',
    userAgent: 'a',
  };
  const job = jobOf(row(JSON.stringify({ url: 'https://example.org/a', request, onComplete: '/bin/sh' })));
  assert.deepEqual(job, { url: 'https://example.org/a', request: { userAgent: 'a' }, id: 7 });
});

for (const [what, fields] of [
  ['mirrors that are no list', { mirrors: 'x' }],
  ['a relative directory', { directory: '../x' }],
  ['an output that is no text', { output: 5 }],
  ['a limit that nothing would pass', { limitRate: 1e-9 }],
  ['headers that are none', { request: { headers: [['a']] } }],
  ['pieces without an end', { pieces: { algorithm: 'md5', pieceBytes: 0, hashes: [] } }],
  ['digests that are none', { checksums: [5] }],
  ['no address', { url: undefined }],
] as const) {
  test(`a row with ${what} is no job`, () => {
    assert.equal(jobOf(row(JSON.stringify({ url: 'https://example.org/a', ...fields }))), undefined);
  });
}

test('what is no JSON is no job', () => {
  for (const text of ['', '[]', 'null', '{"url":', '"x"']) assert.equal(jobOf(row(text)), undefined);
});
