import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './table.ts';

test('columns are as wide as their widest cell, and no line ends in spaces', () => {
  assert.equal(
    table([
      ['ID', 'NAME'],
      ['1', 'a'],
      ['100', ''],
    ]),
    'ID   NAME\n1    a\n100\n',
  );
});

test('wide characters take two columns', () => {
  assert.equal(
    table([
      ['\u5F20', 'x'],
      ['ab', 'y'],
    ]),
    '\u5F20  x\nab  y\n',
  );
});

test('the last column is shortened to the width of the terminal, in its middle', () => {
  assert.equal(table([['1', 'debian-13.2.0-amd64.iso']], 15), '1  debian-\u2026.iso\n');
  assert.equal(table([['1', 'debian-13.2.0-amd64.iso']]), '1  debian-13.2.0-amd64.iso\n');
});
