import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_FILE } from '../../testing/origin/collect.ts';
import { type Opened, SequentialRangeReader } from './sequential-range-reader.ts';

test('a reading that could not be begun is not in the way of the next', async () => {
  const refused: Opened = { outcome: 'refused', message: 'No.', receivedBytes: 0 };
  const answers = [() => Promise.reject(new Error('a fault')), async () => refused];
  const readings = new SequentialRangeReader(() => answers.shift()!(), {
    limiter: undefined,
    stallTimeoutMs: 1000,
  });
  const ask = () =>
    readings.fetchRange(
      { start: 0, end: 10 },
      { identity: ANY_FILE, onChunk: () => undefined },
      new AbortController().signal,
    );
  await assert.rejects(ask(), /a fault/);
  assert.equal((await ask()).outcome, 'refused');
});
