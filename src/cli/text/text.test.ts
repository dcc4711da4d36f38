import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiText, clip, displayWidth, padEnd, padStart, safeText, shorten } from './text.ts';

test('nothing that steers a terminal comes through', () => {
  assert.equal(safeText('a\x1b[2Jb'), 'a\u00B7[2Jb');
  assert.equal(safeText('a\x9b31mb'), 'a\u00B731mb');
  assert.equal(safeText('two\nlines\r'), 'two lines ');
  assert.equal(safeText('gpj.\u202Eexe'), 'gpj.\u00B7exe');
  assert.equal(safeText('zero\u200Bwidth'), 'zero\u00B7width');
  assert.equal(safeText('lone \ud800'), 'lone \u00B7');
});

test('stacked marks are cut down to two', () => {
  assert.equal(safeText(`a${'\u0301'.repeat(50)}b`), 'a\u0301\u0301b');
});

test('hostile text is safe whatever it is made of', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\x1b', '\x07', '\x9d', '\u2066', '\r\n'),
  );
  fc.assert(
    fc.property(fc.array(unit), (parts) => {
      const safe = safeText(parts.join(''));
      assert.doesNotMatch(safe, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      assert.equal(safeText(safe), safe);
      assert.match(asciiText(parts.join('')), /^[\x20-\x7e]*$/);
    }),
  );
});

test('accents survive as plain letters in ASCII', () => {
  assert.equal(asciiText('Zo\u00EB \u5F20'), 'Zoe ?');
});

test('wide characters take two columns and marks none', () => {
  assert.equal(displayWidth('abc'), 3);
  assert.equal(displayWidth('\u5F20\u4F1F'), 4);
  assert.equal(displayWidth('e\u0301'), 1);
  assert.equal(displayWidth('\u{1F409}'), 2);
  assert.equal(displayWidth('\uFF21\uAC00'), 4);
});

test('clipping never leaves half of a wide character', () => {
  assert.equal(clip('\u5F20\u4F1F', 3), '\u5F20');
  assert.equal(clip('abc', 5), 'abc');
});

test('a long name loses its middle and keeps its extension', () => {
  assert.equal(shorten('abcdefghijklmnop.iso', 11), 'abcdef\u2026.iso');
  assert.equal(shorten('short.iso', 11), 'short.iso');
  assert.equal(shorten('abc', 0), '');
});

test('shortening and padding keep to the columns they were given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, columns) => {
      const short = shorten(safeText(text), columns);
      assert.ok(displayWidth(short) <= columns);
      assert.equal(displayWidth(padEnd(short, columns)), columns);
      assert.equal(displayWidth(padStart(short, columns)), columns);
    }),
  );
});
