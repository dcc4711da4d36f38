import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCookieLine, readCookieFile } from './cookie-file.ts';

const LINE = '.a.test\tTRUE\t/dir\tFALSE\t0\tname\tvalue';

async function reading(text: string | Buffer) {
  const directory = await mkdtemp(join(tmpdir(), 'dragonload-cookies-'));
  try {
    const path = join(directory, 'cookies.txt');
    await writeFile(path, text);
    return await readCookieFile(path);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a line has a domain, subdomains, a path, TLS, an end, a name and a value', () => {
  assert.deepEqual(parseCookieLine('.A.Test\tTRUE\t/dir\tfalse\t1700000000.5\tname\tva=l ue'), {
    domain: 'a.test',
    subdomains: true,
    path: '/dir',
    secure: false,
    expiresSeconds: 1_700_000_000,
    name: 'name',
    value: 'va=l ue',
  });
  assert.equal(
    parseCookieLine('a.test\tFALSE\t/\tTRUE\t0\tname')?.value,
    '',
    'the tab before an empty value',
  );
});

test('what is no cookie, or would break a header, is none', () => {
  for (const line of [
    'a.test TRUE / FALSE 0 name value',
    `${LINE}\tmore`,
    LINE.replace('TRUE', 'yes'),
    LINE.replace('\t0\t', '\tsoon\t'),
    LINE.replace('/dir', 'dir'),
    LINE.replace('name', 'na=me'),
    LINE.replace('name', 'na me'),
    LINE.replace('value', 'val;ue'),
    LINE.replace('value', 'val\rue'),
    LINE.replace('value', 'val\0ue'),
    LINE.replace('.a.test', 'a/test'),
    LINE.replace('.a.test', ''),
  ])
    assert.equal(parseCookieLine(line), undefined, line);
});

test('comments, empty lines, HttpOnly marks, a byte order mark and any ends of line are read', async () => {
  const text = `\ufeff# Netscape HTTP Cookie File\r\n\r\n#HttpOnly_${LINE}\r\n${LINE.replace('name', 'other')}\n  \n`;
  assert.deepEqual(
    (await reading(text)).map(({ name }) => name),
    ['name', 'other'],
  );
});

test('a byte of a value that is not ASCII stays that byte', async () => {
  assert.deepEqual(
    (await reading(LINE.replace('value', 'é'))).map(({ value }) => value),
    ['\u00c3\u00a9'],
  );
});

test('a file with something else in it is refused, by its line and without its secrets', async () => {
  for (const text of [`${LINE}\nsesame\n`, '{"cookies":["sesame"]}'])
    await assert.rejects(reading(text), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'usage');
      assert.match(error.message, /line [12]/);
      assert.doesNotMatch(error.message, /sesame/);
      return true;
    });
});

test('a file of too many cookies is refused', async () => {
  await assert.rejects(reading(`${LINE}\n`.repeat(50_001)), { code: 'usage', message: /50,000/ });
});

test('no line gives a cookie that could break a header', () => {
  const field = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('TRUE', 'FALSE', '0', '/', 'a.test'),
  );
  fc.assert(
    fc.property(fc.array(field, { minLength: 6, maxLength: 8 }), (fields) => {
      const cookie = parseCookieLine(fields.join('\t'));
      if (cookie !== undefined) assert.doesNotMatch(`${cookie.name}${cookie.value}`, /[\r\n\0;]/);
    }),
    { numRuns: 2000 },
  );
});
