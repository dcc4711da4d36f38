import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DragonloadError } from '../core/errors.ts';
import { fileOf, hex, metalink } from '../testing/lists/documents.ts';
import { MAX_DOWNLOADS, MAX_LIST_BYTES } from './list-error.ts';
import { listText } from './list-text.ts';
import { MetalinkReader } from './metalink.ts';
import { parsePlainList } from './plain-list.ts';

/** Such documents take milliseconds; where the time grew with the square of the length, they would take hours. */
const LONG = 4 * 1024 * 1024;
const END = { timeout: 120_000 };

function read(text: string) {
  const reader = new MetalinkReader({ list: 'The list x', by: 'x', onNotice: () => {} });
  reader.write(Buffer.from(text));
  return reader.end();
}

const refused = (text: string, message: RegExp) =>
  assert.throws(() => read(text), { name: 'DragonloadError', code: 'bad-list', message });

test('entities of a document are not expanded: a document type is refused', END, () => {
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`);
  refused(
    `<?xml version="1.0"?><!DOCTYPE metalink [<!ENTITY l0 "ha">${laughs.join('')}]>${fileOf('&l9;').slice(39)}`,
    /line 1: a document type is not allowed/,
  );
  refused(`<!DOCTYPE metalink SYSTEM "file:///etc/passwd">${metalink('')}`, /a document type is not allowed/);
  refused(fileOf('&lol;'), /Invalid character entity/);
  refused(fileOf('&constructor;'), /Invalid character entity/);
  refused(fileOf('&#0;'), /Invalid character entity/);
});

test('10,000 nested elements are refused, of whatever namespace', END, () => {
  for (const name of ['file', 'files', 'x:y xmlns:x="urn:x"'])
    refused(metalink(`<${name}>`.repeat(10_000)), /nested too deep/);
});

for (const [what, text, message] of [
  ['a huge attribute', `<metalink a="${'x'.repeat(LONG)}"/>`, /well-formed|too long/],
  ['a huge value of a known attribute', fileOf('x'.repeat(20_000)), /an attribute is too long/],
  ['a huge text', fileOf('f', `<size>${'1'.repeat(LONG)}</size>`), /a text is too long/],
  ['a huge URL', fileOf('f', `<url>https://example.org/${'a'.repeat(LONG)}</url>`), /a text is too long/],
  ['a huge name of an element', `<${'m'.repeat(LONG)}/>`, /well-formed/],
  ['a huge entity', fileOf('f', `<size>&${'m'.repeat(LONG)};</size>`), /well-formed/],
  ['a huge remark', `<!--${'- '.repeat(LONG / 2)}-->`, /well-formed/],
  ['a huge declaration', `<!${'m'.repeat(LONG)}>`, /a document type is not allowed/],
  ['a huge document type', `<!DOCTYPE m [${'<!m>'.repeat(LONG / 4)}`, /well-formed|document type/],
  ['a huge instruction', `<?m ${'? '.repeat(LONG / 2)}`, /well-formed/],
  [
    'many attributes',
    `<metalink ${Array.from({ length: 1000 }, (_, i) => `a${i}=""`).join(' ')}/>`,
    /too many attr/,
  ],
  ['attributes that every object has', '<metalink hasOwnProperty="" b=""/>', /well-formed/],
  [
    'many namespaces',
    metalink(`<a ${Array.from({ length: 1000 }, (_, i) => `xmlns:n${i}="u"`).join(' ')}/>`),
    /too many attr/,
  ],
] as const) {
  test(`${what} is refused`, END, () => refused(text, message));
}

test('what means nothing may be long', END, () => {
  const text = fileOf(
    'f',
    `${'<y/>'.repeat(LONG / 4)}${' '.repeat(LONG)}<size>\n${' '.repeat(LONG)}5${' '.repeat(LONG)}</size><z>${'z'.repeat(LONG)}</z>`,
  );
  assert.equal(read(text)[0]!.sizeBytes, 5);
});

test('the same attribute over and over is one', END, () => {
  assert.equal(read(fileOf('f', `<y ${'a="" '.repeat(LONG / 8)}/>`)).length, 1);
});

test('so many piece hashes are taken, and not one more', END, () => {
  const count = 131_073;
  const hashes = `<hash>${hex(16)}</hash>\n`.repeat(count);
  // The element begins in line 3, as the first hash does.
  const text = fileOf('f', `<size>${count * 4096}</size><pieces length="4096" type="md5">${hashes}</pieces>`);
  refused(text, /line 131075: the file has too many pieces/);
});

test('hashes of tiny pieces are passed over', END, () => {
  const hashes = `<hash>${hex(16)}</hash>`.repeat(100_000);
  const text = fileOf('f', `<size>900000</size><pieces length="9" type="md5">${hashes}</pieces>`);
  assert.equal(read(text)[0]!.pieces, undefined);
});

test('100,000 files are taken, and not one more', END, () => {
  const files = '<file name="f"><url>https://example.org/f</url></file>\n'.repeat(MAX_DOWNLOADS + 1);
  refused(metalink(files), /line 100003: there are more than 100,000 downloads/);
});

test('a document is refused when it gets too long, not when it is at its end', () => {
  const reader = new MetalinkReader({ list: 'The list x', by: 'x', onNotice: () => {} });
  assert.throws(() => reader.write(Buffer.alloc(MAX_LIST_BYTES + 1, ' ')), {
    code: 'bad-list',
    message: /too long/,
  });
});

test('bytes that are not UTF-8 are refused', () => {
  const reader = new MetalinkReader({ list: 'The list x', by: 'x', onNotice: () => {} });
  assert.throws(() => reader.write(Buffer.from([0x3c, 0xff, 0x3e])), { code: 'bad-list', message: /UTF-8/ });
});

for (const [what, text] of [
  ['one long line', 'x'.repeat(LONG)],
  ['one long address', `https://example.org/${'a'.repeat(LONG)}`],
  ['one line of tabs', `https://example.org/a${'\t'.repeat(LONG)}`],
  ['one line of spaces', `${' '.repeat(LONG)}x`],
  ['the same address over and over', 'https://example.org/a\t'.repeat(LONG / 22)],
  ['ftp over and over', 'ftp://example.org/a\t'.repeat(LONG / 20)],
  ['words with spaces between', `https://example.org/${'a '.repeat(LONG / 2)}`],
  ['options over and over', `https://example.org/a\n${' a=b\n out=c\n'.repeat(LONG / 12)}`],
  ['headers over and over', `https://example.org/a\n${' header=a: b\n'.repeat(LONG / 13)}`],
  ['a long option', `https://example.org/a\n out=${'a/'.repeat(LONG / 2)}`],
  ['a long name of an option', `https://example.org/a\n ${'a'.repeat(LONG)}=b`],
  ['a long directory', `https://example.org/a\n dir=${'a/../'.repeat(LONG / 5)}`],
  ['a long checksum', `https://example.org/a\n checksum=${'a-'.repeat(LONG / 2)}=b`],
] as const) {
  test(`a plain list with ${what} comes to an end`, END, () => {
    try {
      parsePlainList(text, 'The list x', () => {});
    } catch (thrown) {
      assert.ok(thrown instanceof DragonloadError, String(thrown));
      assert.equal(thrown.code, 'bad-list');
      assert.ok(thrown.message.length < 300);
    }
  });
}

/** Throws only what it may; returns whether there was something to download. */
function survives(work: () => readonly unknown[]): void {
  try {
    assert.ok(work().length > 0);
  } catch (thrown) {
    assert.ok(thrown instanceof DragonloadError, thrown instanceof Error ? thrown.stack : String(thrown));
    assert.equal(thrown.code, 'bad-list');
    assert.match(thrown.message, /\.$/);
    assert.ok(thrown.next);
  }
}

test('whatever bytes there are, they are a list or a bad list', () => {
  const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, (given) => {
      survives(() => parsePlainList(listText(given, 'The list x'), 'The list x', () => {}));
    }),
    { numRuns: 2000 },
  );
});

test('whatever a plain list is made of, it is a list or a bad list', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'https://example.org/a',
      'http://[::1',
      'ftp://a/b',
      '\n',
      '\r\n',
      '\n ',
      '\t',
      ' ',
      '#',
      '=',
    ),
    fc.constantFrom(
      'out=',
      'dir=',
      'checksum=',
      'header=',
      'referer=',
      'user-agent=',
      'max-download-limit=',
      'priority=',
    ),
    fc.constantFrom('..', '/', 'sha-256=', hex(32), 'A: b', '10K', '-5', '__proto__=', 'constructor='),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      survives(() => parsePlainList(words.join(''), 'The list x', () => {}));
    }),
    { numRuns: 5000 },
  );
});

test('whatever a Metalink document is made of, it is a list or a bad list', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '<file name="f">',
      '</file>',
      '<url>',
      '</url>',
      'https://example.org/a',
      '<size>',
      '</size>',
      '5',
    ),
    fc.constantFrom(
      '<pieces length="5" type="md5">',
      '</pieces>',
      '<hash>',
      '<hash type="md5">',
      '</hash>',
      hex(16),
    ),
    fc.constantFrom(
      '<files>',
      '</files>',
      '<resources>',
      '</resources>',
      '<verification>',
      '</verification>',
    ),
    fc.constantFrom(
      '<',
      '>',
      '&',
      ';',
      '"',
      "'",
      '/',
      '=',
      '<!',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      'xmlns=""',
    ),
    fc.constantFrom(
      '__proto__',
      'hasOwnProperty',
      ' a="b"',
      '<__proto__:a>',
      '<constructor/>',
      '&amp;',
      '&#x10ffff;',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const root = fc.constantFrom('urn:ietf:params:xml:ns:metalink', 'http://www.metalinker.org/', '');
  fc.assert(
    fc.property(root, fc.array(part, { maxLength: 40 }), (namespace, parts) => {
      survives(() => read(`<metalink xmlns="${namespace}">${parts.join('')}</metalink>`));
    }),
    { numRuns: 10_000 },
  );
});
