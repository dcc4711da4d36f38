import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../testing/disk/parts.ts';
import { isOpenElsewhere } from './open-elsewhere.ts';

test('a file is open elsewhere while another process may write it', {
  skip: process.platform === 'linux' ? false : 'only Linux shows what other processes have open',
}, async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'file');
  await writeFile(path, 'x');
  await link(path, join(directory, 'other name'));
  await using _mine = await open(path, 'r+');
  assert.equal(await isOpenElsewhere(path), false);
  for (const [flags, isOpen] of [
    ['r', false],
    ['r+', true],
    ['a', true],
  ] as const) {
    const code = `fs.openSync(process.argv[1], '${flags}'); console.log('open'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', code, join(directory, 'other name')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    assert.equal(await isOpenElsewhere(path), isOpen, flags);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await isOpenElsewhere(path), false);
  }
});
