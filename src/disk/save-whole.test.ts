import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertSameBytes, bytesOf, openPart, sha256, temporaryDirectory } from '../testing/disk/parts.ts';
import { saveWhole, type WholeFile } from './save-whole.ts';

const content = bytesOf(5000);
const options = (directory: string, changes: Partial<WholeFile> = {}): WholeFile => ({
  directory: join(directory, 'here'),
  fileName: 'file.bin',
  bytes: content,
  dataDir: join(directory, 'data'),
  expected: [],
  ...changes,
});
const names = async (directory: string) => (await readdir(join(directory, 'here'))).sort();

for (const sizeBytes of [0, 1, 5000, 1024 * 1024]) {
  test(`a whole file of ${sizeBytes} bytes is saved, and leaves nothing else behind`, async (t) => {
    const directory = await temporaryDirectory(t);
    const bytes = bytesOf(sizeBytes);
    const done = await saveWhole(options(directory, { bytes }));
    assert.equal(done?.path, join(directory, 'here', 'file.bin'));
    assert.equal(done.sha256, sha256(bytes));
    assertSameBytes(await readFile(done.path), bytes);
    assert.deepEqual(await names(directory), ['file.bin']);
    assert.deepEqual(await readdir(directory), ['here']);
  });
}

test('every digest that is expected is given, and a wrong one saves nothing', async (t) => {
  const directory = await temporaryDirectory(t);
  const expected = [{ algorithm: 'sha256', hex: sha256(content).toUpperCase(), by: 'the test' }] as const;
  const done = await saveWhole(options(directory, { expected }));
  assert.deepEqual(done?.digests, { sha256: sha256(content) });
  const wrong = [...expected, { algorithm: 'md5', hex: '0'.repeat(32), by: '--checksum' }] as const;
  await assert.rejects(saveWhole(options(directory, { expected: wrong, fileName: 'other' })), {
    code: 'digest-mismatch',
    message: /^other has the md5 [0-9a-f]{32}, but --checksum says/,
  });
  assert.deepEqual(await names(directory), ['file.bin']);
});

test('what is there is never replaced, be it a file, a link or a directory', async (t) => {
  const directory = await temporaryDirectory(t);
  const here = join(directory, 'here');
  await mkdir(join(here, 'file (2).bin'), { recursive: true });
  await writeFile(join(here, 'file.bin'), 'precious');
  await symlink(join(here, 'victim'), join(here, 'file (1).bin'));
  const done = await saveWhole(options(directory));
  assert.equal(done?.path, join(here, 'file (3).bin'));
  assert.equal(await readFile(join(here, 'file.bin'), 'utf8'), 'precious');
  assert.deepEqual(await names(directory), ['file (1).bin', 'file (2).bin', 'file (3).bin', 'file.bin']);
});

test('a part of that name, a claim on it, or too many bytes leave it to the part', async (t) => {
  const directory = await temporaryDirectory(t);
  const { dataDir, directory: here } = options(directory);
  assert.equal(await saveWhole(options(directory, { bytes: Buffer.alloc(1024 * 1024 + 1) })), undefined);
  const part = await openPart(t, here, content, { dataDir });
  assert.equal(await saveWhole(options(directory)), undefined);
  await part.discard();
  assert.ok(await saveWhole(options(directory)));
  await symlink('nowhere', join(here, 'other.dragonload'));
  assert.equal(await saveWhole(options(directory, { fileName: 'other' })), undefined);
});

test('an output path wins over the name, and a place that is no directory is unwritable', async (t) => {
  const directory = await temporaryDirectory(t);
  const done = await saveWhole(options(directory, { output: 'deep/down/other.bin' }));
  assert.equal(done?.path, join(directory, 'here/deep/down/other.bin'));
  await assert.rejects(saveWhole(options(directory, { output: 'deep/down/other.bin/below' })), {
    code: 'unwritable',
  });
  await assert.rejects(saveWhole(options(directory, { output: 'x'.repeat(300) })), { code: 'unwritable' });
});

test('several processes that save the same name all get one', async (t) => {
  const directory = await temporaryDirectory(t);
  const code = `
    import { saveWhole } from ${JSON.stringify(new URL('./save-whole.ts', import.meta.url).href)};
    const [directory, dataDir] = process.argv.slice(1);
    for (let run = 0; run < 20; run++) {
      const done = await saveWhole({ directory, dataDir, fileName: 'file.bin', bytes: Buffer.alloc(3000, 7), expected: [] });
      if (done === undefined) process.exit(1);
    }`;
  const { directory: here, dataDir } = options(directory);
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', code, here, dataDir], { stdio: 'inherit' }),
  );
  const exits = await Promise.all(children.map((child) => once(child, 'exit')));
  assert.deepEqual(exits, [
    [0, null],
    [0, null],
    [0, null],
  ]);
  const found = await names(directory);
  assert.equal(found.length, 60);
  for (const name of found) assertSameBytes(await readFile(join(here, name)), Buffer.alloc(3000, 7));
});
