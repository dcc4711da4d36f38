import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedRow, middleRow, type Row, shortcomings } from './row.ts';
import { BESIDE_TABLE, mergeIntoDocument, renderBeside, renderRow, renderTable } from './table.ts';

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

test('the second table has ratios to each program, and what the machine did otherwise', () => {
  const ours = { seconds: 1.5, cpuSeconds: 2, peakBytes: 90e6 };
  const aria2 = { program: 'aria2', seconds: 2, cpuSeconds: 0.5, peakBytes: 9e6 };
  const curl = { ...aria2, program: 'curl --parallel', seconds: 1 };
  const disturbance = { loadBefore: 0.44, othersShare: 0.026 };
  const comparison = { ours, others: [aria2, curl], rounds: 5, disturbance, toUsual: 1.04 };
  assert.equal(
    renderBeside({ scenario: 'many', measured: '', value: 0.75, limit: { atMost: 1 }, comparison }, 'abc'),
    '| many | 5 | 1.50 | 2.00 | 90 (≤ 200), 1.04 x that for 1 GiB | 0.75, 4.00, 10.00 |  | 1.50, 4.00, 10.00 | 0.4, 3% | yes | abc |',
  );
});

test('what could not be measured has its line in the second table, too', () => {
  const cells = renderBeside(failedRow('many', new Error('no nginx')), 'abc').split(' | ');
  assert.equal(cells.length, BESIDE_TABLE.head.length);
  assert.match(cells.at(-2)!, /no nginx/);
});

test('each table lies between its own marks', () => {
  const document = '<!-- lab:start --><!-- lab:end --><!-- beside:start -->\n<!-- beside:end -->';
  const merged = mergeIntoDocument(document, ['| a | new |'], ['a'], BESIDE_TABLE);
  assert.ok(merged.startsWith('<!-- lab:start --><!-- lab:end -->'));
  assert.match(merged, /to curl.*\| a \| new \|\n<!-- beside:end -->$/s);
});
