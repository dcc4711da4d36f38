import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileOf, hex, IMAGE, INDEX, metalink } from '../testing/lists/documents.ts';
import { parseMetalink } from './metalink.ts';

async function parse(text: string, base?: string) {
  const notices: string[] = [];
  const onNotice = (message: string) => void notices.push(message);
  const jobs = await parseMetalink(text, { list: 'The list x', by: 'the Metalink file', base, onNotice });
  return { jobs, notices };
}

async function wrongIn(text: string): Promise<string> {
  try {
    await parse(text);
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string };
    assert.equal(code, 'bad-list');
    return message.replace('The list x', '').replace(/^, /, '');
  }
  return assert.fail('the document was taken');
}

test('an image as distributions describe it', async () => {
  const { jobs, notices } = await parse(IMAGE);
  const by = 'the Metalink file';
  assert.deepEqual(jobs, [
    {
      url: 'http://de.example.net/dist/live.iso?a=1&b=2',
      mirrors: [
        'https://fr.example.net/dist/live.iso',
        'https://nz.example.net/dist/live.iso',
        'https://last.example.net/dist/live.iso',
      ],
      fileName: 'live.iso',
      checksums: [
        { checksum: `md5:${hex(16)}`, by },
        { checksum: `sha1:${hex(20)}`, by },
        { checksum: `sha256:${hex(32)}`, by },
      ],
      sizeBytes: 10_000_000,
      pieces: {
        algorithm: 'sha256',
        pieceBytes: 4_194_304,
        hashes: [hex(32, '00'), hex(32, '11'), hex(32, '22')],
      },
    },
  ]);
  assert.deepEqual(notices, ['The list x, line 35: torrents are not supported and are left out.']);
});

test('an index as mirror managers describe it, in version 3', async () => {
  const { jobs } = await parse(INDEX);
  const by = 'the Metalink file';
  assert.deepEqual(jobs, [
    {
      url: 'https://de.example.net/repodata/repomd.xml',
      mirrors: ['http://us.example.net/repodata/repomd.xml'],
      fileName: 'repomd.xml',
      checksums: [
        { checksum: `md5:${hex(16)}`, by },
        { checksum: `sha256:${hex(32)}`, by },
      ],
      sizeBytes: 5110,
      pieces: { algorithm: 'sha1', pieceBytes: 4096, hashes: [hex(20, '00'), hex(20, '11')] },
    },
  ]);
});

test('the document may come in chunks that end anywhere, within a character too', async () => {
  const text = fileOf('Größe 🐉.iso', '<size>7</size>');
  const whole = await parse(text);
  const bytes = Buffer.from(text);
  for (const length of [1, 2, 3, 7, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
      bytes.subarray(i * length, (i + 1) * length),
    );
    const context = { list: 'The list x', by: 'the Metalink file', onNotice: () => {} };
    assert.deepEqual(
      await parseMetalink(
        (async function* () {
          yield* chunks;
        })(),
        context,
      ),
      whole.jobs,
    );
  }
  assert.equal(whole.jobs[0]!.fileName, 'Größe 🐉.iso');
});

test('elements may have a prefix', async () => {
  const { jobs } = await parse(
    '<m:metalink xmlns:m="urn:ietf:params:xml:ns:metalink"><m:file name="a"><url>https://example.org/no</url>' +
      '<m:url>https://example.org/a</m:url></m:file></m:metalink>',
  );
  assert.deepEqual(jobs, [{ url: 'https://example.org/a', fileName: 'a' }]);
});

test('a name may have directories in front', async () => {
  const { jobs, notices } = await parse(fileOf('x86/dvd/a.iso'));
  assert.deepEqual(jobs, [{ url: 'https://example.org/f', directory: 'x86/dvd', fileName: 'a.iso' }]);
  assert.deepEqual(notices, []);
});

for (const [name, fileName] of [
  ['../../x', 'x'],
  ['/etc/passwd', 'passwd'],
  ['a/../../x', 'x'],
  ['..\\..\\x.exe', 'x.exe'],
  ['C:\\x.exe', 'x.exe'],
  ['..', 'download'],
] as const) {
  test(`the name ${name} becomes ${fileName}, and that is told`, async () => {
    const { jobs, notices } = await parse(fileOf(name));
    assert.deepEqual(jobs, [{ url: 'https://example.org/f', fileName }]);
    assert.equal(notices.length, 1);
  });
}

for (const [name, fileName] of [
  ['CON', '_CON'],
  ['\u202egpj.exe', 'gpj.exe'],
  ['.bashrc', '_bashrc'],
  [`${'n'.repeat(300)}.iso`, `${'n'.repeat(221)}.iso`],
] as const) {
  test(`the name ${JSON.stringify(name.slice(0, 12))} is made safe`, async () => {
    const { jobs } = await parse(fileOf(name));
    const made = jobs[0]!.fileName!;
    assert.equal(made.replace(/n+/, 'n'), fileName.replace(/n+/, 'n'));
    assert.ok(Buffer.byteLength(made) <= 230);
  });
}

test('of many addresses the 32 best are kept, each once', async () => {
  const urls = Array.from(
    { length: 2000 },
    (_, i) => `<url priority="${2000 - (i >> 1)}">https://m${i >> 1}.example.org/f</url>`,
  );
  const { jobs } = await parse(metalink(`<file name="f">${urls.join('')}</file>`));
  assert.deepEqual(
    [jobs[0]!.url, ...jobs[0]!.mirrors!],
    Array.from({ length: 32 }, (_, i) => `https://m${999 - i}.example.org/f`),
  );
});

test('relative addresses count where it is known what they are relative to', async () => {
  const text = metalink('<file name="f"><url>../f</url></file>');
  const { jobs } = await parse(text, 'https://example.org/a/b/f.meta4');
  assert.equal(jobs[0]!.url, 'https://example.org/a/f');
  assert.match(await wrongIn(text), /^line 3: "f" has no address/);
});

test('pieces of a file without a size are left out', async () => {
  const pieces = `<pieces length="10" type="md5"><hash>${hex(16)}</hash></pieces>`;
  const { jobs } = await parse(fileOf('f', pieces));
  assert.deepEqual(jobs, [{ url: 'https://example.org/f', fileName: 'f' }]);
});

const pieces = (type: string, length: string, ...hashes: string[]) =>
  `<size>10000</size><pieces length="${length}" type="${type}">${hashes.map((hash) => `<hash>${hash}</hash>`).join('')}</pieces>`;

for (const [what, text, wrong] of [
  ['a size that is none', fileOf('f', '<size>1e3</size>'), 'line 3: this is not a size.'],
  ['a size beyond all', fileOf('f', '<size>999999999999999</size>'), 'line 3: this is not a size.'],
  ['two sizes', fileOf('f', '<size>1</size>\n<size>2</size>'), 'line 4: the file has two sizes.'],
  [
    'a short digest',
    fileOf('f', '<hash type="sha-256">ab</hash>'),
    'line 3: this is not a digest of the kind sha256.',
  ],
  [
    'a piece too few',
    fileOf('f', pieces('md5', '4096', hex(16), hex(16))),
    'line 3: a file of this size has 3 pieces, and there are 2 hashes.',
  ],
  [
    'a piece too many',
    fileOf('f', pieces('md5', '10000', hex(16), hex(16))),
    'line 3: a file of this size has 1 pieces, and there are 2 hashes.',
  ],
  ['pieces of no length', fileOf('f', pieces('md5', '0')), 'line 3: the length of the pieces is not a size.'],
  [
    'a torrent alone',
    metalink('<file name="f"><metaurl>https://example.org/t</metaurl></file>'),
    /^line 3: "f" has no address/,
  ],
  ['a file without a name or an address', metalink('\n<file/>'), /^line 4: a file has no address/],
  ['no file', metalink(''), ' names no file.'],
  ['a web page', '<!-- --><html><body/></html>', 'line 1: this is a web page.'],
  [
    'another document',
    '<feed xmlns="http://www.w3.org/2005/Atom"/>',
    'line 1: this is XML, but no Metalink document.',
  ],
  ['no namespace', '<metalink><file name="f"/></metalink>', 'line 1: this is XML, but no Metalink document.'],
  ['a file that was cut', IMAGE.slice(0, 2000), /^line \d+: this is not well-formed XML/],
  [
    'a wrong end tag',
    metalink('<file>\n</fil>'),
    'line 4: this is not well-formed XML (Unexpected close tag).',
  ],
  ['something behind it', `${fileOf('f')}\nmore`, /^line 6: this is not well-formed XML/],
] as const) {
  test(`${what} is told with its line`, async () => {
    const told = await wrongIn(text);
    if (typeof wrong === 'string') assert.equal(told, wrong);
    else assert.match(told, wrong);
  });
}
