import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Categories, fits } from './categories.ts';

const BASE = resolve('/downloads');

test('the first pattern that fits decides, whatever the case', () => {
  const categories = new Categories(
    [
      ['*.tar.*', 'archives'],
      ['*.iso', '/images'],
      ['report-????.*', '.'],
    ],
    BASE,
  );
  assert.equal(categories.directoryFor('disc.ISO'), resolve('/images'));
  assert.equal(categories.directoryFor('disc.tar.iso'), resolve(BASE, 'archives'));
  assert.equal(categories.directoryFor('report-2026.pdf'), BASE);
  assert.equal(categories.directoryFor('report-26.pdf'), undefined);
});

test('a pattern fits as the same regular expression would', () => {
  const letters = fc.constantFrom('a', 'b', '*', '?', '.');
  const anyPattern = fc.array(letters, { maxLength: 8 }).map((parts) => parts.join(''));
  const anyName = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(anyName, anyPattern, (name, pattern) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      assert.equal(fits(name, pattern), new RegExp(`^${source}$`).test(name));
    }),
    { numRuns: 2000 },
  );
});

test('a pattern made to take long does not', () => {
  assert.equal(fits('a'.repeat(5_000), `${'*a'.repeat(2_000)}*b`), false);
});

for (const [pattern, directory] of [
  ['*.iso', '..'],
  ['*.iso', '../elsewhere'],
  ['*.iso', 'a/../../b'],
  ['', 'empty'],
] as const) {
  test(`${JSON.stringify(pattern)} into ${directory} is wrong usage`, () => {
    assert.throws(() => new Categories([[pattern, directory]], BASE), { code: 'usage' });
  });
}
