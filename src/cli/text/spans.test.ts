import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { renderLine, renderText, spread } from './spans.ts';

const PLAIN = { color: false, unicode: true };
const COLOR = { color: true, unicode: true };

test('a line is clipped over all its spans and its style ended', () => {
  const spans = [{ text: 'abc', sgr: '1' }, { text: 'def', sgr: '32' }, { text: 'ghi' }];
  assert.equal(renderLine(spans, 5, COLOR), '\x1b[1mabc\x1b[0m\x1b[32mde\x1b[0m');
  assert.equal(renderLine(spans, 5, PLAIN), 'abcde');
});

test('spans of one style share one sequence', () => {
  assert.equal(
    renderLine(
      [
        { text: 'a', sgr: '1' },
        { text: 'b', sgr: '1' },
      ],
      9,
      COLOR,
    ),
    '\x1b[1mab\x1b[0m',
  );
});

test('text breaks between words, its style with it', () => {
  const lines = renderText([{ text: 'one two', sgr: '1' }, { text: ' three four' }], 9, COLOR);
  assert.deepEqual(lines.map(stripVTControlCharacters), ['one two', '  three', '  four']);
});

test('a word that is longer than a line stays whole', () => {
  assert.deepEqual(renderText([{ text: 'see https://example.org/long now' }], 10, PLAIN), [
    'see',
    '  https://example.org/long',
    '  now',
  ]);
});

test('text without columns is one line', () => {
  const words = 'word '.repeat(200).trimEnd();
  assert.deepEqual(renderText([{ text: words }], undefined, PLAIN), [words]);
});

test('the right end is left out where both ends do not fit', () => {
  assert.equal(renderLine(spread([{ text: 'left' }], [{ text: 'right' }], 12), 12, PLAIN), 'left   right');
  assert.equal(renderLine(spread([{ text: 'left' }], [{ text: 'right' }], 10), 10, PLAIN), 'left');
});
