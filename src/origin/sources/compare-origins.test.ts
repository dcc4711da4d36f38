import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublishedDigest } from '../heads/digests.ts';
import { compareWords, hasSameTime, type Known } from './compare-origins.ts';

const HERE = { host: 'a.test', path: '/f' };
const identity = { sizeBytes: 1000, etag: '"a"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' };
const digest = (algorithm: PublishedDigest['algorithm'], char: string): PublishedDigest => ({
  algorithm,
  hex: char.repeat(64),
  by: 'a header',
});
const known = (digests: PublishedDigest[] = []): Known => ({ identity, target: HERE, digests });
const none = { ...identity, etag: undefined };

test('another size is another file, whatever else agrees', () => {
  const found = { identity: { ...identity, sizeBytes: 999 }, digests: [digest('sha256', 'a')] };
  assert.equal(compareWords(known([digest('sha256', 'a')]), found, HERE), 'different');
});

test('an equal ETag proves something in one place only: elsewhere it may be made of the same size and time', () => {
  const found = { identity, digests: [] };
  assert.equal(compareWords(known(), found, HERE), 'same');
  for (const other of [
    { host: 'b.test', path: '/f' },
    { host: 'a.test', path: '/g' },
  ])
    assert.equal(compareWords(known(), found, other), 'open');
  assert.equal(compareWords(known(), { identity: none, digests: [] }, HERE), 'open');
});

test('an equal strong digest is proof, one that differs proves the contrary, a weak one nothing', () => {
  const compare = (ours: PublishedDigest[], theirs: PublishedDigest[]) =>
    compareWords(known(ours), { identity: none, digests: theirs }, { host: 'b.test', path: '/' });
  assert.equal(compare([digest('sha256', 'a')], [digest('sha256', 'a')]), 'same');
  assert.equal(compare([digest('sha256', 'a')], [digest('sha256', 'b')]), 'different');
  assert.equal(compare([digest('sha256', 'a')], [digest('sha512', 'a')]), 'open');
  assert.equal(compare([digest('md5', 'a')], [digest('md5', 'a')]), 'open');
  assert.equal(compare([digest('sha256', 'a')], [digest('sha256', 'a'), digest('sha256', 'b')]), 'open');
  assert.equal(compare([], [digest('sha256', 'a')]), 'open');
});

test('an equal time counts for files of one size only, and one that nobody knows for none', () => {
  assert.ok(hasSameTime(identity, none));
  assert.ok(!hasSameTime({ ...identity, etag: '"a"' }, { ...none, etag: '"b"' }));
  assert.ok(!hasSameTime(identity, { ...none, sizeBytes: undefined }));
  assert.ok(!hasSameTime(identity, { ...none, lastModified: undefined }));
  assert.ok(!hasSameTime(identity, { ...none, lastModified: 'Tue, 02 Jan 2024 00:00:00 GMT' }));
});
