import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_DOWNLOADS } from './list-error.ts';
import { parsePlainList } from './plain-list.ts';

const SHA256 = 'AB'.repeat(32);

function parse(text: string) {
  const notices: string[] = [];
  const jobs = parsePlainList(text, 'The list x', (message) => notices.push(message));
  return { jobs, notices };
}

/** What is wrong, from the line on. */
function wrongIn(text: string): string {
  try {
    parse(text);
  } catch (thrown) {
    const { code, message, next } = thrown as { code: string; message: string; next: string };
    assert.equal(code, 'bad-list');
    assert.match(next, /^[A-Z].*\.$/);
    return message.replace('The list x', '').replace(/^, /, '');
  }
  return assert.fail('the list was taken');
}

test('each line is a download, and tabs separate the addresses of one', () => {
  const { jobs, notices } = parse(
    '# mine\r\nhttps://example.org/a.iso\thttp://example.net/a.iso\r\n\r\n  \t\nhttps://example.org/b?c=d#e  ',
  );
  assert.deepEqual(jobs, [
    { url: 'https://example.org/a.iso', mirrors: ['http://example.net/a.iso'] },
    { url: 'https://example.org/b?c=d#e' },
  ]);
  assert.deepEqual(notices, []);
});

test('indented lines are options of the download above', () => {
  const { jobs } = parse(
    [
      'https://example.org/a.iso',
      '  out=discs/a.iso',
      '\tdir=/srv/files',
      ` checksum=sha-256=${SHA256}`,
      ' # a remark',
      ' header=X-One: 1',
      ' header=X-Two: a=b',
      ' referer=https://example.org/page',
      ' user-agent=Wget/1.2',
      ' max-download-limit=100K',
      ' priority=-3',
      'https://example.org/b.iso',
    ].join('\n'),
  );
  assert.deepEqual(jobs, [
    {
      url: 'https://example.org/a.iso',
      output: 'discs/a.iso',
      directory: '/srv/files',
      checksums: [{ checksum: `sha256:${SHA256.toLowerCase()}`, by: 'the list' }],
      limitRate: 102_400,
      priority: -3,
      request: {
        headers: [
          ['X-One', '1'],
          ['X-Two', 'a=b'],
        ],
        userAgent: 'Wget/1.2',
        referer: 'https://example.org/page',
      },
    },
    { url: 'https://example.org/b.iso' },
  ]);
});

test('a limit of 0 is none', () => {
  const { jobs } = parse('https://example.org/a\n max-download-limit=2M\n max-download-limit=0\n');
  assert.deepEqual(jobs, [{ url: 'https://example.org/a' }]);
});

test('an option that is not known is told once, and left out', () => {
  const { jobs, notices } = parse(
    'https://example.org/a\n split=5\n gid=1\nhttps://example.org/b\n split=9\n',
  );
  assert.deepEqual(jobs, [{ url: 'https://example.org/a' }, { url: 'https://example.org/b' }]);
  assert.deepEqual(notices, [
    'The list x, line 2: the option "split" is not known and is left out.',
    'The list x, line 3: the option "gid" is not known and is left out.',
  ]);
});

test('thousands of unknown options are a few notices', () => {
  const options = Array.from({ length: 5000 }, (_, i) => ` option-${i}=x`).join('\n');
  const { notices } = parse(`https://example.org/a\n${options}\n`);
  assert.equal(notices.length, 21);
  assert.match(notices.at(-1)!, /more options are not known/);
});

test('ftp addresses are left out where there is another', () => {
  const { jobs, notices } = parse('ftp://example.org/a\thttps://example.org/a\n');
  assert.deepEqual(jobs, [{ url: 'https://example.org/a' }]);
  assert.equal(notices.length, 1);
});

test('of very many addresses of one file the first 32 are taken', () => {
  const urls = Array.from({ length: 1000 }, (_, i) => `https://m${i}.example.org/a`);
  const { jobs, notices } = parse(urls.join('\t'));
  assert.deepEqual([jobs[0]!.url, ...jobs[0]!.mirrors!], urls.slice(0, 32));
  assert.equal(notices.length, 1);
});

test('100,000 downloads are a list, one more is too many', () => {
  const list = 'https://example.org/a\n'.repeat(MAX_DOWNLOADS);
  assert.equal(parse(list).jobs.length, MAX_DOWNLOADS);
  assert.match(
    wrongIn(`${list}https://example.org/b`),
    /^line 100001: there are more than 100,000 downloads/,
  );
});

for (const [what, text, wrong] of [
  ['no URL', 'https://example.org/a\n\nexample.org/b\n', 'line 3: this is not a URL.'],
  ['a path', './some/file\n', 'line 1: this is not a URL.'],
  ['another scheme', 'magnet:?xt=urn:btih:00\n', 'line 1: the scheme magnet: is not supported.'],
  ['ftp alone', 'ftp://example.org/a\n', 'line 1: ftp is not supported.'],
  [
    'spaces between addresses',
    'https://example.org/a https://example.org/b',
    'line 1: there are several addresses with a space between.',
  ],
  [
    'an invisible character',
    'https://example.org/a\rhttps://example.org/b',
    'line 1: there is an invisible character in the address.',
  ],
  ['an option first', '\n out=a\n', 'line 2: an option stands before the first download.'],
  ['nothing but remarks', '# https://example.org/a\n', ' is empty.'],
] as const) {
  test(`${what} is told with its line`, () => {
    assert.equal(wrongIn(text), wrong);
  });
}

for (const [option, wrong] of [
  ['https://example.org/b', 'a line that begins with a space is an option, and this is not one.'],
  ['out=../a', 'the name in out= does not stay in the download directory.'],
  ['out=/etc/passwd', 'the name in out= does not stay in the download directory.'],
  ['out=a/..', 'the name in out= does not stay in the download directory.'],
  ['out=', 'the name in out= does not stay in the download directory.'],
  ['dir=', 'the directory in dir= is outside the download directory.'],
  ['dir=a/../../b', 'the directory in dir= is outside the download directory.'],
  ['checksum=sha-256=abc', 'this is not a checksum.'],
  ['checksum=whirlpool=abc', 'this is not a checksum.'],
  ['header=no colon', 'this is not a header.'],
  ['header=Range: bytes=0-1', 'the request header Range cannot be set.'],
  ['header=A B: c', 'a request header has a character that may not be sent.'],
  ['referer=*', 'the referer is not a URL.'],
  ['user-agent=\u{1f409}', 'a request header has a character that may not be sent.'],
  ['max-download-limit=fast', 'this is not a rate.'],
  ['max-download-limit=1', 'this is not a rate.'],
  ['priority=1001', 'the priority is not a whole number from -1000 to 1000.'],
] as const) {
  test(`the option ${option} is refused with its line`, () => {
    assert.equal(wrongIn(`https://example.org/a\n ${option}\n`), `line 2: ${wrong}`);
  });
}

test('no message repeats what may be a secret', () => {
  for (const text of [
    'https//user:hunter2@example.org/a',
    'foo:hunter2',
    'https://example.org/a\n header=Authorization hunter2',
    'https://example.org/a\n header=Author ization: hunter2',
  ]) {
    assert.doesNotMatch(wrongIn(text), /hunter2/);
  }
});
