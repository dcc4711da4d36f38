import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseContentRange, parseLength, parseUnsatisfiedRange } from './content-range.ts';

test('every range that makes sense is read as it was written', () => {
  const size = fc.integer({ min: 0, max: 2 ** 52 });
  fc.assert(
    fc.property(size, size, size, fc.boolean(), (a, b, more, known) => {
      const [start, last] = a < b ? [a, b] : [b, a];
      const totalBytes = known ? last + 1 + (more % 1000) : undefined;
      const header = `bytes ${start}-${last}/${totalBytes ?? '*'}`;
      assert.deepEqual(parseContentRange(header), { start, end: last + 1, totalBytes });
    }),
  );
});

test('ranges that make no sense are none', () => {
  const bad = [
    undefined,
    '',
    'bytes',
    'bytes 5-4/10',
    'bytes 0-10/10',
    'items 0-4/10',
    'bytes -4/10',
    'bytes 0-/10',
    'bytes */10',
    'bytes 0-4',
    'bytes 0-4/',
    'bytes 0-4/x',
    'bytes 0-4/10, 5-6/10',
    'bytes 0-9999999999999999/*',
    `bytes 0-${'9'.repeat(40)}/*`,
  ];
  for (const header of bad) assert.equal(parseContentRange(header), undefined, header);
});

test('the total of an unsatisfied range is read', () => {
  assert.equal(parseUnsatisfiedRange('bytes */47'), 47);
  assert.equal(parseUnsatisfiedRange('bytes */*'), undefined);
  assert.equal(parseUnsatisfiedRange(undefined), undefined);
});

test('a length is digits only', () => {
  assert.equal(parseLength('10'), 10);
  for (const header of [undefined, '', '-1', '1e3', '0x10', '10, 10', '1'.repeat(16)])
    assert.equal(parseLength(header), undefined);
});
