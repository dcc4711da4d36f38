import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SAMPLE_BYTES } from '../../core/block-samples.ts';
import { Samples } from './samples.ts';

const byteAt = (offset: number) => (offset * 7 + (offset >> 8)) & 255;
const fileBytes = (start: number, end: number) =>
  Buffer.from(Array.from({ length: end - start }, (_, i) => byteAt(start + i)));

test('whatever the ranges and chunks, samples are whole blocks of the file in their place, and few', () => {
  const sizeBytes = 5 * SAMPLE_BYTES + 1000;
  const range = fc.record({
    start: fc.integer({ min: 0, max: sizeBytes - 1 }),
    length: fc.integer({ min: 1, max: sizeBytes }),
    chunkBytes: fc.integer({ min: 10_000, max: 100_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
      const samples = new Samples();
      for (const { start, length, chunkBytes, part } of ranges) {
        const end = Math.min(start + length, sizeBytes);
        let passed = 0;
        const onChunk = samples.watch({ start, end }, sizeBytes, (chunk) => {
          passed += chunk.length;
          return undefined;
        });
        const until = start + Math.floor((end - start) * part);
        const lent = Buffer.alloc(chunkBytes);
        for (let at = start; at < until; at += chunkBytes) {
          const to = Math.min(at + chunkBytes, until);
          fileBytes(at, to).copy(lent);
          onChunk(lent.subarray(0, to - at));
        }
        assert.equal(passed, until - start, 'all bytes are passed on');
      }
      assert.ok(samples.all.length <= 4);
      for (const { start, bytes } of samples.all) {
        assert.equal(start % SAMPLE_BYTES, 0);
        assert.equal(bytes.length, Math.min(SAMPLE_BYTES, sizeBytes - start));
        assert.ok(bytes.equals(fileBytes(start, start + bytes.length)));
      }
    }),
    { numRuns: 50 },
  );
});
