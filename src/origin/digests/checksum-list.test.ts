import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestFor, parseChecksumList } from './checksum-list.ts';

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);
const LONG = 'c3'.repeat(64);
const hexFor = (text: string | Buffer, path = '/dir/f.iso', isItsOwn = false) =>
  digestFor(parseChecksumList(Buffer.from(text)), path, isItsOwn)?.hex;

test('lists of GNU and BSD are read, in any case, with any ends of line', () => {
  for (const text of [
    `${A}  f.iso\n`,
    `${A} *f.iso\r\n${B}  other\r\n`,
    `${B} *other\r${A} *f.iso\r`,
    `${A.toUpperCase()}  ./f.iso`,
    `SHA256 (f.iso) = ${A}\n`,
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${A}  f.iso\n-----BEGIN PGP SIGNATURE-----\n\n${B}=\n`,
    `\ufeff${A}  f.iso\n`,
    `# made today\n\n${A}  f.iso  \n`,
  ])
    assert.equal(hexFor(text), A, JSON.stringify(text));
});

test('UTF-16 as shells write it is read', () => {
  assert.equal(hexFor(Buffer.from(`\ufeff${A}  f.iso\r\n`, 'utf16le')), A);
});

test('escaped names are unescaped', () => {
  assert.equal(
    hexFor(`\\${A}  a\\\\b\\nc\n`, '/a\\b\nc'),
    undefined,
    'a backslash separates directories too',
  );
  assert.equal(hexFor(`\\${A}  b\\nc\n`, '/b\nc'), A);
  assert.equal(hexFor(`${A}  b\\nc\n`, '/b\nc'), undefined);
});

test('names with spaces are whole', () => {
  assert.equal(hexFor(`${A}  my f.iso\n`), undefined);
  assert.equal(hexFor(`${A}  my f.iso\n`, '/dir/my f.iso'), A);
});

test('a directory in the list has to be that of the file', () => {
  assert.equal(hexFor(`${A}  dir/f.iso\n`), A);
  assert.equal(hexFor(`${A}  other/f.iso\n`), undefined);
  assert.equal(hexFor(`${A}  ../f.iso\n`), undefined);
  assert.equal(hexFor(`${A}  af.iso\n`), undefined);
  assert.equal(hexFor(`${A}  build/f.iso\n`, '/dir/f.iso', true), A, 'but not in a list of its own');
});

test('a digest that stands alone is of the file whose list it is', () => {
  assert.equal(hexFor(` ${A}\r\n`, '/f', true), A);
  assert.equal(hexFor(A, '/f', false), undefined);
  assert.equal(hexFor(`${A}  \n`, '/f', true), A);
  assert.equal(hexFor(`${A} g\n`, '/f', true), undefined);
});

test('a list that contradicts itself says nothing, one that repeats itself does', () => {
  assert.equal(hexFor(`${A}  f.iso\n${B}  ./f.iso\n`), undefined);
  assert.equal(hexFor(`${A}  f.iso\n${A}  ./f.iso\n`), A);
});

test('SHA-256 goes before longer digests; other kinds and wrong lengths are passed over', () => {
  assert.equal(hexFor(`SHA512 (f.iso) = ${LONG}\nSHA256 (f.iso) = ${A}\n`), A);
  assert.equal(hexFor(`${LONG}  f.iso\n`), LONG);
  for (const text of [
    `MD5 (f.iso) = ${A.slice(32)}`,
    `SHA512 (f.iso) = ${A}`,
    `SHA3-256 (f.iso) = ${A}`,
    `${A}0  f.iso`,
    `x${A}  f.iso`,
  ])
    assert.equal(hexFor(text), undefined, text);
});

test('whatever the bytes, nothing is thrown and only digests come out', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      A,
      ` ${B}`,
      ' *',
      '  ',
      '\\',
      '(',
      ') = ',
      'SHA256 (',
      '\r',
      '\n',
      '\0',
      'f.iso',
      '/',
      '../',
      '\ufeff',
    ),
  );
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), (parts, isItsOwn) => {
      const list = parseChecksumList(Buffer.from(parts.join('')));
      for (const { hex } of list) assert.match(hex, /^([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/);
      digestFor(list, '/dir/f.iso', isItsOwn);
    }),
    { numRuns: 1000 },
  );
});

test('a long list of hostile lines is read in time that grows with its length', () => {
  const lines = [`${A} ${' '.repeat(4000)}`, `SHA256 (${'('.repeat(4000)}`, `SHA256 (${') = '.repeat(1300)}`];
  const text = Buffer.from(lines.join('\n').concat('\n').repeat(80));
  assert.deepEqual(parseChecksumList(text), []);
});
