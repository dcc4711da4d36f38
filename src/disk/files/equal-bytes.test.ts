import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areEqualIn } from './equal-bytes.ts';

test('one difference, or an answer of another length, is enough to disagree', async () => {
  const windows = Array.from({ length: 20 }, (_, at) => ({ start: at * 10, end: at * 10 + 5 }));
  const content = Buffer.alloc(200, 1);
  const here = async (start: number, end: number) => content.subarray(start, end);
  assert.equal(await areEqualIn(windows, here, here), true);
  for (const { start } of windows) {
    const other = Buffer.from(content);
    other[start + 4] = 2;
    assert.equal(await areEqualIn(windows, here, async (from, end) => other.subarray(from, end)), false);
  }
  assert.equal(await areEqualIn(windows, here, async (from, end) => content.subarray(from, end - 1)), false);
  await assert.rejects(
    areEqualIn(windows, here, () => Promise.reject(new Error('gone'))),
    { message: 'gone' },
  );
});
