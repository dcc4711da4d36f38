import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, open, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { content, finish, options, writtenControl } from '../../testing/disk/leftovers.ts';
import {
  assertSameBytes,
  bytesOf,
  openPart,
  sha256,
  temporaryDirectory,
  writeRange,
} from '../../testing/disk/parts.ts';
import { importLeftover, type LeftoverOptions } from './import-leftover.ts';
import { findLeftover } from './leftover.ts';

const PIECE = 256 * 1024;
const MIB = 4 * PIECE;
/** 40 pieces and 77 bytes, as aria2 counts: eleven pieces, the last one of 77 bytes. */
const honest = { pieceBytes: MIB, sizeBytes: content.length, bitfield: [0xff, 0xe0] };

const HOSTILE: readonly (readonly [what: string, control: Buffer, why: RegExp])[] = [
  ['of another version', writtenControl({ ...honest, version: 2 }), /cannot be understood/],
  ['of a larger file', writtenControl({ ...honest, sizeBytes: content.length + 1 }), /a file of \d+ bytes/],
  ['of a smaller file', writtenControl({ ...honest, sizeBytes: content.length - 1 }), /a file of \d+ bytes/],
  ['with a bitfield too long', writtenControl({ ...honest, bitfield: [255, 0xe0, 0] }), /be understood/],
  ['with a bit too many', writtenControl({ ...honest, bitfield: [255, 255] }), /cannot be understood/],
  ['with nothing in it', writtenControl({ ...honest, bitfield: [0, 0] }), /no whole piece/],
  [
    'of two million ranges',
    writtenControl({
      ...{ pieceBytes: 1, sizeBytes: content.length },
      bitfield: [...Buffer.alloc(Math.ceil(content.length / 8), 0xaa)],
    }),
    /cannot be understood/,
  ],
  ['of 17 MiB', Buffer.alloc(17 * MIB, 1), /cannot be understood/],
  ['that claims more than the file has', writtenControl(honest), /shorter than/],
];
for (const [what, control, why] of HOSTILE) {
  test(`a control file ${what} is not believed, and nothing is touched`, async (t) => {
    const directory = await temporaryDirectory(t);
    const path = join(directory, 'file.bin');
    const left = content.subarray(0, content.length - 1);
    await writeFile(path, left);
    await writeFile(`${path}.aria2`, control);
    const notices: string[] = [];
    const compare = () => Promise.reject(new Error('nobody should ask'));
    assert.equal(await importLeftover(options(directory, notices, { compare })), undefined);
    assert.match(notices.join(), why);
    assertSameBytes(await readFile(path), left);
    assertSameBytes(await readFile(`${path}.aria2`), control);
    assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin', 'file.bin.aria2']);
  });
}

test('a control file that a torrent was fetched by counts, for its bytes are compared as all others', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  await writeFile(path, content);
  await writeFile(
    `${path}.aria2`,
    writtenControl({ ...honest, bitfield: [0b0110_0000, 0], infoHashBytes: 20 }),
  );
  const done = await importLeftover(options(directory, []));
  assert.equal(done?.bytes, 2 * MIB);
  assert.equal(await finish(t, directory), 8);
});

test('the control file counts that lies beside the leftover, and a link is none', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  await writeFile(path, content.subarray(0, 3 * PIECE));
  await writeFile(join(directory, 'elsewhere'), writtenControl(honest));
  await symlink('elsewhere', `${path}.aria2`);
  // As a bare file: it is shorter than the control file says.
  assert.equal((await importLeftover(options(directory, [])))?.bytes, 3 * PIECE);
  assert.ok((await readdir(directory)).includes('file.bin.aria2'));
});

test('a wrong byte where nobody looks is imported, its share said for good, and the digest of the whole tells', async (t) => {
  const directory = await temporaryDirectory(t);
  const wrong = Buffer.from(content);
  wrong[20 * PIECE + 5]! ^= 1;
  await writeFile(join(directory, 'file.bin'), wrong);
  const done = await importLeftover(
    options(directory, [], { randomBelow: (below) => Math.floor(below / 2) }),
  );
  assert.ok(done !== undefined && done.bytes === content.length);
  assert.equal(done.comparedBytes, 10 * 16 * 1024);
  const part = await openPart(t, directory, content, { pieceDigest: 'crc32' });
  assert.deepEqual(part.imported, done);
  assert.equal(part.resumed.length, 41);
  const expected = [{ algorithm: 'sha256', hex: sha256(content), by: 'the publisher' }] as const;
  await assert.rejects(part.finish(expected), { code: 'digest-mismatch' });
  // Hashes of pieces say where, and no more than that piece is fetched again.
  const hashes = await part.hashPieces('sha256', PIECE);
  const bad = hashes.findIndex(
    (hex, piece) => hex !== sha256(content.subarray(piece * PIECE, (piece + 1) * PIECE)),
  );
  assert.equal(bad, 20);
  part.unkeep(bad);
  await part[Symbol.asyncDispose]();
  const again = await openPart(t, directory, content, { pieceDigest: 'crc32' });
  assert.deepEqual(again.imported, done);
  assert.equal(again.resumed.length, 40);
  await writeRange(again, content, 20 * PIECE, 21 * PIECE);
  await again.keep({
    ...{ piece: 20, sha256: await again.hash(20), signer: '0'.repeat(64), signature: new Uint8Array(64) },
  });
  assert.equal((await again.finish(expected)).sha256, sha256(content));
});

test('a leftover is found by its name or its path, and only with its control file', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  await writeFile(path, content);
  assert.equal(await findLeftover(directory, 'file.bin'), undefined);
  await writeFile(`${path}.aria2`, writtenControl(honest));
  assert.equal(await findLeftover(directory, 'file.bin'), path);
  assert.equal(await findLeftover('/nowhere', path), path);
  assert.equal(await findLeftover(directory, 'other.bin'), undefined);
});

test('a part that was begun here imported nothing', async (t) => {
  const directory = await temporaryDirectory(t);
  const part = await openPart(t, directory, content);
  assert.equal(part.imported, undefined);
  await part[Symbol.asyncDispose]();
  assert.equal((await openPart(t, directory, content)).imported, undefined);
});

test('what a hand-edited journal says of an import is the less believed', async (t) => {
  for (const [edited, believed] of [
    ['{"bytes":100,"comparedBytes":101}', { bytes: 100, comparedBytes: 0 }],
    ['{"bytes":-1,"comparedBytes":"x"}', { bytes: 0, comparedBytes: 0 }],
    ['7', { bytes: 0, comparedBytes: 0 }],
  ] as const) {
    const directory = await temporaryDirectory(t);
    await writeFile(join(directory, 'file.bin'), content);
    await importLeftover(options(directory, []));
    const journals = join(directory, 'data', 'journals');
    const journal = join(journals, (await readdir(journals))[0]!);
    const text = await readFile(journal, 'utf8');
    const changed = text.replace(/"imported":\{[^}]*\}/, `"imported":${edited}`);
    assert.notEqual(changed, text);
    await writeFile(journal, changed);
    assert.deepEqual((await openPart(t, directory, content)).imported, believed);
  }
});

test('what the origin answers too short or too long is different', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'file.bin'), content);
  for (const more of [-1, 1]) {
    const notices: string[] = [];
    const compare: LeftoverOptions['compare'] = async (start, end) => bytesOf(end - start + more);
    assert.equal(await importLeftover(options(directory, notices, { compare })), undefined);
    assert.match(notices.join(), /differs/);
  }
});

test('a leftover that another process has open is left to it, though it writes nothing', {
  skip: process.platform === 'linux' ? false : 'only Linux shows what other processes have open',
}, async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  await writeFile(path, content);
  const code = "fs.openSync(process.argv[1], 'r+'); console.log('open'); setInterval(() => {}, 1000);";
  const child = spawn(process.execPath, ['-e', code, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices)), undefined);
  assert.match(notices.join(), /another program is writing it/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal((await importLeftover(options(directory, notices)))?.bytes, content.length);
});

test('a process killed while it compares leaves everything as it was', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  await writeFile(path, content);
  const code = `
    const { importLeftover } = await import(${JSON.stringify(new URL('./import-leftover.ts', import.meta.url).href)});
    const { options } = await import(${JSON.stringify(new URL('../../testing/disk/leftovers.ts', import.meta.url).href)});
    const alive = setInterval(() => {}, 1000);
    await importLeftover(options(process.argv[1], [], { compare: () => { console.log('asked'); return new Promise(() => {}); } }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices)), undefined);
  assert.match(notices.join(), /another process is working on/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin']);
  assertSameBytes(await readFile(path), content);
  assert.equal((await importLeftover(options(directory, [])))?.bytes, content.length);
});

test('an import killed between its two names goes on as the part that it has become', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file.bin');
  await writeFile(path, content.subarray(0, 30 * PIECE));
  await importLeftover(options(directory, []));
  await link(`${path}.dragonload`, path);
  const notices: string[] = [];
  assert.equal(await importLeftover(options(directory, notices)), undefined);
  assert.match(notices.join(), /there is a part of an earlier download/);
  assert.equal(await finish(t, directory), 30);
  assert.deepEqual((await readdir(directory)).sort(), ['data', 'file.bin']);
});

test('a leftover that shrinks or grows while it is looked at is left', async (t) => {
  for (const size of [10 * PIECE, content.length + 5]) {
    const directory = await temporaryDirectory(t);
    const path = join(directory, 'file.bin');
    await writeFile(path, content);
    const compare: LeftoverOptions['compare'] = async (start, end) => {
      await truncate(path, size);
      return content.subarray(start, end);
    };
    const notices: string[] = [];
    const done = await importLeftover(options(directory, notices, { compare })).catch(
      (thrown: unknown) => thrown,
    );
    assert.ok(done === undefined, String(done));
    assert.match(notices.join(), /another program is writing it|differs/);
    await using file = await open(path);
    assert.equal((await file.stat()).size, size);
  }
});
