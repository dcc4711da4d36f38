import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileNameOf } from './file-name.ts';

const named = (disposition: string | undefined, given = 'http://a.org/get', final = given) =>
  fileNameOf(disposition, new URL(given), new URL(final));
/** As Node hands on header bytes. */
const raw = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

test('names in every form that servers send them', () => {
  const cases: [string, string][] = [
    ['attachment; filename="a b.iso"', 'a b.iso'],
    ['attachment; filename=plain.zip', 'plain.zip'],
    ['attachment; filename=plain.zip;', 'plain.zip'],
    ['inline; filename="quo\\"te.txt"', 'quo"te.txt'],
    ["attachment; filename*=UTF-8''na%C3%AFve%20file.txt", 'naïve file.txt'],
    [`attachment; filename="fallback.txt"; filename*=UTF-8''r%C3%A9al.txt`, 'réal.txt'],
    [`attachment; filename*=UTF-8''r%C3%A9al.txt; filename="fallback.txt"`, 'réal.txt'],
    ["attachment; filename*=iso-8859-1'en'%A3.txt", '£.txt'],
    [`attachment; filename*=UTF-8''100%25.txt`, '100%.txt'],
    [`attachment; filename*=UTF-8''%ZZ; filename="good.txt"`, 'good.txt'],
    [raw('attachment; filename="日本.zip"'), '日本.zip'],
    ['attachment; filename="caf\xe9.txt"', 'café.txt'],
    ['attachment; filename="My%20File.zip"', 'My File.zip'],
    ['attachment; filename="100% real.zip"', '100% real.zip'],
    ['attachment; filename="=?UTF-8?B?5pel5pysLnppcA==?="', '日本.zip'],
    ['attachment; filename="=?utf-8?Q?na=C3=AFve_file.txt?="', 'naïve file.txt'],
    ['filename="no-type.zip"', 'no-type.zip'],
  ];
  for (const [header, name] of cases) assert.equal(named(header), name, header);
});

test('headers without a name, or with nonsense, fall back to the URL', () => {
  for (const header of [
    undefined,
    '',
    'attachment',
    'attachment; filename=""',
    ';;;=',
    'attachment; filename',
  ]) {
    assert.equal(named(header, 'http://a.org/d/My%20File.iso?x=1'), 'My File.iso', header);
  }
});

test('the URL that was given goes before the one it led to, unless only that one looks like a file', () => {
  assert.equal(named(undefined, 'http://a.org/f.iso', 'http://cdn.org/0a1b.bin'), 'f.iso');
  assert.equal(named(undefined, 'http://a.org/latest', 'http://cdn.org/f-1.2.iso'), 'f-1.2.iso');
  assert.equal(named(undefined, 'http://a.org/latest', 'http://cdn.org/'), 'latest');
});

test('with no name anywhere it is called download', () => {
  assert.equal(named(undefined, 'http://a.org/'), 'download');
});

test('broken escapes in a URL stay as they are, and names are cut', () => {
  assert.equal(named(undefined, 'http://a.org/%E0%A4%A.bin'), '%E0%A4%A.bin');
  assert.equal(named(`attachment; filename=${'x'.repeat(5000)}`).length, 1024);
});
