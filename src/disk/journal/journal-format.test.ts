import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MAX_PIECES } from '../../core/geometry.ts';
import { temporaryDirectory } from '../../testing/disk/parts.ts';
import { headerLine, readJournal } from './journal-format.ts';

// Whoever can write to the folder can write to the journal: each field of a line is checked.

const HEADER = headerLine({
  url: 'https://example.com/file',
  identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
  pieceBytes: 1 << 20,
  target: '/tmp/file',
});
const GOOD = { p: 3, h: '0'.repeat(64), m: 'a'.repeat(64), s: `${'A'.repeat(86)}==` };

/** The pieces that a journal with this one line has. */
async function piecesOf(t: TestContext, line: object): Promise<readonly number[]> {
  const path = join(await temporaryDirectory(t), 'journal');
  await writeFile(path, `${HEADER}${JSON.stringify(line)}\n`);
  const reading = await readJournal(path);
  assert.equal(reading.kind, 'read');
  return reading.kind === 'read' ? [...reading.records.keys()] : [];
}

test('a line in which every field is right is a record', async (t) => {
  assert.deepEqual(await piecesOf(t, GOOD), [3]);
  assert.deepEqual(await piecesOf(t, { ...GOOD, p: MAX_PIECES - 1 }), [MAX_PIECES - 1]);
});

const wrong: readonly (readonly [what: string, change: object])[] = [
  ['a negative piece', { p: -1 }],
  ['half a piece', { p: 0.5 }],
  ['a piece beyond the most', { p: MAX_PIECES }],
  ['a piece as text', { p: '3' }],
  ['no hash', { h: undefined }],
  ['a hash as a list', { h: ['0'.repeat(64)] }],
  ['a short hash', { h: '0'.repeat(63) }],
  ['a long hash', { h: '0'.repeat(65) }],
  ['no signer', { m: undefined }],
  ['a signer as a list', { m: ['a'.repeat(64)] }],
  ['a signer that is not hexadecimal', { m: 'g'.repeat(64) }],
  ['no signature', { s: undefined }],
  ['a signature as a list', { s: [GOOD.s] }],
  ['a short signature', { s: `${'A'.repeat(85)}==` }],
  ['a long signature', { s: `${'A'.repeat(87)}==` }],
  ['a signature without its padding', { s: 'A'.repeat(88) }],
  ['a signature with a foreign character', { s: `${'A'.repeat(85)}-==` }],
];
for (const [what, change] of wrong) {
  test(`a line with ${what} is no record`, async (t) => {
    assert.deepEqual(await piecesOf(t, { ...GOOD, ...change }), []);
  });
}

test('a link in the place of a journal is not followed', {
  skip: process.platform === 'win32',
}, async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'elsewhere'), HEADER);
  await symlink(join(directory, 'elsewhere'), join(directory, 'journal'));
  assert.deepEqual(await readJournal(join(directory, 'journal')), { kind: 'broken' });
});
