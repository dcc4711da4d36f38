import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MAX_SETTINGS_FILE_BYTES, readSettingsFile } from './settings-file.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dragonload-settings-'));
});
after(() => rm(directory, { recursive: true }));
const refused = (path: string, message: RegExp) =>
  assert.rejects(readSettingsFile('cookie file', path), (error: Error & { code?: string; next?: string }) => {
    assert.equal(error.code, 'usage');
    assert.match(error.message, /^The cookie file /);
    assert.match(error.message, message);
    assert.ok(error.next);
    return true;
  });

test('a file is read whole, with its permissions', async () => {
  const path = join(directory, 'whole');
  const bytes = Buffer.alloc(200_000, 'x');
  await writeFile(path, bytes);
  await chmod(path, 0o640);
  const found = await readSettingsFile('cookie file', path);
  assert.ok(found.bytes.equals(bytes));
  assert.equal(found.mode, process.platform === 'win32' ? 0 : 0o640);
});

test('a pipe is read to its end', async () => {
  if (process.platform === 'win32') return;
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const [{ bytes }] = await Promise.all([
    readSettingsFile('cookie file', path),
    writeFile(path, 'through a pipe'),
  ]);
  assert.equal(bytes.toString(), 'through a pipe');
});

test('what is missing, a directory, a device or too large is refused', async () => {
  await refused(join(directory, 'missing'), /does not exist/);
  await refused(directory, /is a directory/);
  if (process.platform !== 'win32') await refused('/dev/zero', /is not a file/);
  const large = join(directory, 'large');
  await writeFile(large, Buffer.alloc(MAX_SETTINGS_FILE_BYTES));
  assert.equal((await readSettingsFile('cookie file', large)).bytes.length, MAX_SETTINGS_FILE_BYTES);
  await writeFile(large, Buffer.alloc(MAX_SETTINGS_FILE_BYTES + 1));
  await refused(large, /too large/);
});
