import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oneLine } from './one-line.ts';

test('text that says nothing but itself stays as it is', () => {
  for (const text of ['film.mkv', 'Übung "1" <b> & \\n.zip', '日本語 🐉.iso', '--help']) {
    assert.equal(oneLine(text, 100), text);
  }
});

test('what breaks lines, is unseen or turns the direction of reading is replaced', () => {
  assert.equal(oneLine('a\r\nb\tc\u2028d\u00a0e', 100), 'a b c d e');
  assert.equal(oneLine('invoice\u202Egpj.exe', 100), 'invoice·gpj.exe');
  assert.equal(oneLine('\x1b[31mred\x07\0', 100), '·[31mred·');
  assert.equal(oneLine('half \ud83d', 100), 'half ·');
});

test('a long text is cut between characters', () => {
  assert.equal(oneLine('🐉🐉🐉🐉', 3), '🐉🐉…');
  assert.equal(oneLine('🐉🐉🐉', 3), '🐉🐉🐉');
});

test('whatever comes in, one well-formed line within the limit comes out', () => {
  const anyText = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 80 }), (text, max) => {
      const line = oneLine(text, max);
      assert.ok([...line].length <= max);
      assert.ok(line.isWellFormed());
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});
