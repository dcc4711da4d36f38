import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Netrc, parseNetrc, readNetrc } from './netrc.ts';

const parse = (text: string) => parseNetrc(text, (line) => new Error(`unclosed in line ${line}`));

test('machines have a login and a password, on one line or several, and the default stands for the rest', () => {
  const text = `# mine
machine A.test login alice password sesame
machine b.test
  login bob
  account none
  password "two \\"words\\"\\\\"
default login guest password x`;
  assert.deepEqual(parse(text), [
    { machine: 'a.test', login: 'alice', password: 'sesame' },
    { machine: 'b.test', login: 'bob', password: 'two "words"\\' },
    { machine: undefined, login: 'guest', password: 'x' },
  ]);
});

test('macros, comments, a byte order mark and words that mean nothing are passed over', () => {
  const text = `\ufeffmacdef init\nmachine wrong.test login x password y\nquit\n\nnonsense machine a.test # login no\r\nlogin alice\r\npassword s#me "machine" c.test`;
  assert.deepEqual(parse(text), [{ machine: 'a.test', login: 'alice', password: 's#me' }]);
  assert.deepEqual(parse('macdef x\nmachine a.test login b password c'), []);
});

test('a host finds its entry, by login if one is asked for, else the default', () => {
  const netrc = new Netrc(
    parse(
      'machine a.test login alice password 1 machine a.test login bob password 2 default login x password 3',
    ),
  );
  assert.equal(netrc.find('A.TEST')?.password, '1');
  assert.equal(netrc.find('a.test', 'bob')?.password, '2');
  assert.equal(netrc.find('a.test', 'x')?.password, '3');
  assert.equal(netrc.find('sub.a.test')?.password, '3');
  assert.equal(new Netrc(parse('machine a.test login alice password 1')).find('b.test'), undefined);
});

test('a quote without an end is an error, by its line', () => {
  assert.throws(() => parse('machine a.test\nlogin x\npassword "sesame\nmachine b.test'), /line 3/);
});

test('no text makes it hang or throw anything else', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom('machine', 'default', 'login', 'password', 'macdef', '"', '\\', '#', '\n', ' '),
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        for (const { login, password } of parse(words.join(' '))) assert.ok(login !== '' || password !== '');
      } catch (thrown) {
        assert.match(String(thrown), /unclosed in line \d+/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('the file is that of NETRC, else the one in the home directory; others may not read it unremarked', async () => {
  const home = await mkdtemp(join(tmpdir(), 'dragonload-netrc-'));
  try {
    const name = process.platform === 'win32' ? '_netrc' : '.netrc';
    await writeFile(join(home, name), 'machine a.test login alice password sesame', { mode: 0o600 });
    await writeFile(join(home, 'other'), 'machine a.test login bob password sesame', { mode: 0o600 });
    const usual = await readNetrc(true, { HOME: home });
    assert.deepEqual([usual.netrc.find('a.test')?.login, usual.notice], ['alice', undefined]);
    const named = await readNetrc(true, { HOME: home, NETRC: join(home, 'other') });
    assert.equal(named.netrc.find('a.test')?.login, 'bob');
    await assert.rejects(readNetrc(join(home, 'missing'), {}), { code: 'usage', message: /does not exist/ });
    await writeFile(join(home, 'broken'), 'machine a.test password "sesame');
    await assert.rejects(
      readNetrc(join(home, 'broken'), {}),
      (error: Error) => !error.message.includes('sesame'),
    );
    if (process.platform === 'win32') return;
    await chmod(join(home, name), 0o644);
    assert.match((await readNetrc(true, { HOME: home })).notice ?? '', /chmod 600/);
  } finally {
    await rm(home, { recursive: true });
  }
});
