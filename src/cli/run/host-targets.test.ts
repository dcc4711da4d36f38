import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { homeDirectory } from '../../testing/queue/queues.ts';
import { checkHostTarget, isMeantAsFile, localFile } from './host-targets.ts';

test('a file that there is, and what can be nothing but a path, is meant as a file', (t) => {
  const path = join(homeDirectory(t), 'disc.iso');
  writeFileSync(path, '');
  for (const text of [path, './none.iso', '../none.iso', '/none.iso', '~none.iso', 'C:\\none.iso'])
    assert.ok(isMeantAsFile(text), text);
});

test('URLs, invites and names of files that there are not are not meant as files', () => {
  for (const text of ['https://example.org/a', 'ftp://example.org/a', 'dragon://join/v1/x', 'none.iso', ''])
    assert.ok(!isMeantAsFile(text), text);
});

test('an argument that is neither a file nor a URL is refused as one that is no URL', () => {
  assert.equal(checkHostTarget('./disc.iso'), './disc.iso');
  assert.equal(checkHostTarget('https://example.org/a'), 'https://example.org/a');
  assert.throws(() => checkHostTarget('none.iso'), { code: 'bad-url' });
  assert.throws(() => checkHostTarget('dragon://join/v1/x'), { code: 'usage' });
});

test('a checksum goes with the file, and flags about fetching are refused', () => {
  const checksum = `sha256:${'ab'.repeat(32)}`;
  assert.deepEqual(localFile('a', {}), { path: 'a' });
  assert.deepEqual(localFile('a', { checksum }).checksums, [{ checksum, by: '--checksum' }]);
  for (const parsed of [{ output: 'b' }, { mirror: ['https://example.org/a'] }])
    assert.throws(() => localFile('a', parsed), {
      code: 'usage',
      message: /for a file that is fetched, and a is here/,
    });
});
