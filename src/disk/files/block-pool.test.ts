import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCK_BYTES, BlockPool } from './block-pool.ts';

test('a pool hands out no more than its limit and serves those who wait in order', async () => {
  const pool = new BlockPool(2 * BLOCK_BYTES);
  const first = pool.take();
  const second = pool.take();
  assert.ok(first && second);
  assert.notEqual(first.index, second.index);
  assert.equal(pool.take(), undefined);
  const got: string[] = [];
  const a = pool.wait().then((block) => {
    got.push('a');
    return block;
  });
  const b = pool.wait().then(() => got.push('b'));
  pool.give(second);
  assert.equal(await a, second);
  assert.equal(pool.take(), undefined);
  pool.give(first);
  await b;
  assert.deepEqual(got, ['a', 'b']);
  assert.equal(pool.taken, 2);
});
