import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedRow, middleRow, type Row, shortcomings } from './row.ts';
import { mergeIntoDocument, renderRow, renderTable } from './table.ts';

const row: Row = {
  scenario: 'two-equal',
  measured: '1.030',
  value: 1.03,
  limit: { atMost: 1.05 },
  originShare: 1.01,
  originLimit: 1.02,
  peakBytes: 120e6,
  exits: [0, 0],
};

test('a row within all its figures falls short of nothing', () => {
  assert.deepEqual(shortcomings(row), []);
  assert.match(
    renderRow(row, 'abc'),
    /^\| two-equal \| 1\.030 \| ≤ 1\.05 \| 1\.010 \(≤ 1\.02\) .*\| 0 0 \|.*\| yes \| abc \|$/,
  );
});

test('every figure that is missed is named', () => {
  const bad = { ...row, value: 1.06, originShare: 1.5, peakBytes: 300e6, faults: ['wrong file'] };
  assert.deepEqual(shortcomings(bad), ['wrong file', 'figure', 'origin bytes', 'memory']);
});

test('a figure to be exceeded is missed from below', () => {
  assert.deepEqual(shortcomings({ ...row, value: 340, limit: { atLeast: 350 } }), ['figure']);
});

test('a failed scenario never passes, and outweighs the runs that went well', () => {
  const failed = failedRow('two-equal', new Error('m1 HAS A WRONG FILE'));
  assert.deepEqual(shortcomings({ ...failed, limit: { atMost: 2 } }), ['m1 HAS A WRONG FILE', 'figure']);
  assert.equal(middleRow([row, failed, row]), failed);
});

test('of several runs the middle one stands, with the range', () => {
  const middle = middleRow([row, { ...row, value: 1.01 }, { ...row, value: 1.2, measured: '1.200' }]);
  assert.equal(middle.value, 1.03);
  assert.match(middle.measured, /^1\.030 \(3 runs: 1\.01 to 1\.20\)$/);
});

test('new lines replace their old ones and keep the others, in the given order', () => {
  const document = `before\n<!-- lab:start -->\n${renderTable(['| b | old |', '| a | old |', '| gone | old |'])}\n<!-- lab:end -->\nafter`;
  const merged = mergeIntoDocument(document, ['| b | new |', '| c | new |'], ['a', 'b', 'c']);
  const lines = merged.split('\n');
  assert.deepEqual(
    lines.filter((line) => /^\| [a-z]+ \| (old|new)/.test(line)),
    ['| a | old |', '| b | new |', '| c | new |'],
  );
  assert.equal(lines[0], 'before');
  assert.equal(lines.at(-1), 'after');
  assert.equal(mergeIntoDocument(merged, [], ['a', 'b', 'c']), merged);
});

test('a document without markers is refused', () => {
  assert.throws(() => mergeIntoDocument('nothing here', [], []), /lacks/);
});

test('cells cannot break the table', () => {
  assert.equal(renderRow({ scenario: 'x|y', measured: 'a\nb', value: 0 }, '').split('\n').length, 1);
});
