import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numbered, safeFileName } from './file-name.ts';

const cases: readonly (readonly [given: string, safe: string])[] = [
  ['linux.iso', 'linux.iso'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Windows\\system32\\cmd.exe', 'cmd.exe'],
  ['folder/', 'folder'],
  ['..', 'download'],
  ['.', 'download'],
  ['', 'download'],
  ['/', 'download'],
  [' \u0000\u202e ', 'download'],
  ['in\u202evoice-fdp.exe', 'invoice-fdp.exe'],
  ['a\u0000b\r\nc\u001b[31m.txt', 'abc[31m.txt'],
  ['CON', '_CON'],
  ['nul.tar.gz', '_nul.tar.gz'],
  ['com1', '_com1'],
  ['LPT\u00b2.txt', '_LPT\u00b2.txt'],
  ['console.log', 'console.log'],
  ['.bashrc', '_bashrc'],
  ['trailing. . .', 'trailing'],
  ['file.txt:stream', 'file.txt_stream'],
  ['what?<is>"this"|*.bin', 'what__is__this___.bin'],
  ['файл — копия.zip', 'файл — копия.zip'],
  ['lone\ud800surrogate', 'lone\ufffdsurrogate'],
];

for (const [given, safe] of cases) {
  test(`${JSON.stringify(given)} becomes ${JSON.stringify(safe)}`, () =>
    assert.equal(safeFileName(given), safe));
}

test('a long name is cut in its stem and keeps its extension', () => {
  const safe = safeFileName(`${'й'.repeat(500)}.tar.gz`);
  assert.match(safe, /^й+\.tar\.gz$/);
  assert.ok(Buffer.byteLength(safe) <= 230 && Buffer.byteLength(safe) > 220);
});

test('whatever is given, the result is one safe path segment that stays as it is', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({
      unit: fc.constantFrom('.', ' ', '/', '\\', 'a', 'con', 'й', '\u202e', '\u0301', '\t', ':', '_'),
      maxLength: 400,
    }),
  );
  fc.assert(
    fc.property(text, (given) => {
      const safe = safeFileName(given);
      assert.ok(safe.length > 0 && Buffer.byteLength(safe) <= 230);
      assert.doesNotMatch(safe, /[/\\<>:"|?*\p{Cc}\p{Cf}]/u);
      assert.doesNotMatch(safe, /^\.|[.\s]$/);
      assert.doesNotMatch(safe, /^(con|nul|aux|prn)(\.|$)/i);
      assert.equal(safeFileName(safe), safe);
    }),
    { numRuns: 2000 },
  );
});

test('a number goes before the extension', () => {
  assert.equal(numbered('a.iso', 0), 'a.iso');
  assert.equal(numbered('a.iso', 1), 'a (1).iso');
  assert.equal(numbered('a.tar.gz', 2), 'a (2).tar.gz');
  assert.equal(numbered('noext', 3), 'noext (3)');
});

test('a name is as long as its UTF-8 is', () => {
  for (const [char, bytes] of [
    ['a', 1],
    ['é', 2],
    ['日', 3],
    ['🐉', 4],
  ] as const) {
    const name = safeFileName(char.repeat(400));
    assert.equal(Buffer.byteLength(name), 230 - (230 % bytes), char);
  }
});
