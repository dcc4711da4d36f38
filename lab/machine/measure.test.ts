import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuTicks, parsePeakBytes, parseReapedTicks } from './measure.ts';

test('the CPU time of a process with an awkward name is found', () => {
  assert.equal(parseCpuTicks('42 (a) b (c) S 1 42 42 0 -1 4194304 90 0 0 0 250 31 0 0 20 0 7 0 100'), 281);
});

test('the CPU time of children that are gone is told apart from the own', () => {
  assert.equal(parseReapedTicks('42 (a) b (c) S 1 42 42 0 -1 4194304 90 0 0 0 250 31 7 5 20 0 7 0 100'), 12);
});

test('the peak of memory is told in bytes', () => {
  assert.equal(
    parsePeakBytes('Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t  2048 kB\nVmRSS:\t  10 kB\n'),
    2048 * 1024,
  );
});

test('a process that is already gone has no peak', () => {
  assert.equal(parsePeakBytes('Name:\tnode\nState:\tZ (zombie)\n'), undefined);
});
