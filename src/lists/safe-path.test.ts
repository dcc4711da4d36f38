import assert from 'node:assert/strict';
import { resolve, sep } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { safePath } from './safe-path.ts';

for (const [path, directory, fileName] of [
  ['a.iso', undefined, 'a.iso'],
  ['x86/dvd/a.iso', 'x86/dvd', 'a.iso'],
  ['./x86//dvd/./a.iso', 'x86/dvd', 'a.iso'],
  ['x86\\a.iso', 'x86', 'a.iso'],
  ['con/aux.txt', '_con', '_aux.txt'],
  ['.ssh/.profile', '_ssh', '_profile'],
] as const) {
  test(`${path} is ${fileName} in ${directory ?? 'the directory itself'}`, () => {
    assert.deepEqual(safePath(path), { directory, fileName });
  });
}

for (const path of [
  '',
  '.',
  '..',
  '../a',
  'a/../b',
  'a/ .. /b',
  '/a',
  '\\a',
  'C:\\a',
  'c:a',
  'a/',
  'a/..',
  `${'a/'.repeat(17)}b`,
]) {
  test(`${JSON.stringify(path)} is none`, () => {
    assert.equal(safePath(path), undefined);
  });
}

test('no path leads out of the directory, whatever is in it', () => {
  const part = fc.oneof(
    fc.constantFrom('..', '.', '', ' ', '/', '\\', 'C:', '\0', '\u202e', '\u200b', 'a', '.\u200b.', 'con'),
    fc.string({ unit: 'binary' }),
  );
  const base = resolve('/downloads');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom('', '/', '\\'), (parts, separator) => {
      const path = safePath(parts.join(separator));
      if (path === undefined) return;
      const target = resolve(base, path.directory ?? '.', path.fileName);
      assert.ok(target.startsWith(base + sep), target);
      assert.doesNotMatch(target, /[\p{Cc}\p{Cf}]/u);
    }),
    { numRuns: 2000 },
  );
});
