import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, sha256 } from '../../testing/disk/parts.ts';
import { WholeHash } from './whole-hash.ts';

const content = bytesOf(1000);
const part = (start: number, end: number) => content.subarray(start, end);

function wholeHash() {
  const freed: number[] = [];
  const whole = new WholeHash(-1, ['sha256'], (block) => freed.push(block));
  const digest = () => Buffer.from(whole.digests()[0]!).toString('hex');
  return { whole, freed, digest };
}

test('blocks that came too early are hashed in their turn and freed', () => {
  const { whole, freed, digest } = wholeHash();
  whole.hold(300, 3, part(300, 1000));
  whole.hold(100, 1, part(100, 200));
  whole.update(part(0, 100));
  assert.deepEqual([whole.position, freed], [200, [1]]);
  whole.update(part(200, 300));
  assert.deepEqual([whole.position, freed, whole.aheadCount], [1000, [1, 3], 0]);
  assert.equal(digest(), sha256(content));
});

test('blocks that the file was read past are freed unused', () => {
  const { whole, freed, digest } = wholeHash();
  whole.hold(100, 1, part(100, 200));
  whole.update(content);
  assert.deepEqual(freed, [1]);
  assert.equal(digest(), sha256(content));
});

test('digests that have got past a byte that changes begin again, others go on', () => {
  const { whole, freed, digest } = wholeHash();
  whole.frontier = 900;
  whole.update(part(0, 500));
  whole.hold(600, 6, part(600, 700));
  whole.rewritten(500);
  assert.deepEqual([whole.position, whole.frontier, freed], [500, 500, [6]]);
  whole.rewritten(499);
  assert.deepEqual([whole.position, whole.frontier], [0, 499]);
  whole.update(content);
  assert.equal(digest(), sha256(content));
});

test('a block in place of another that is held frees the other', () => {
  const { whole, freed, digest } = wholeHash();
  whole.hold(100, 1, bytesOf(100, 9));
  whole.hold(100, 2, part(100, 1000));
  assert.deepEqual(freed, [1]);
  whole.update(part(0, 100));
  assert.equal(digest(), sha256(content));
});
