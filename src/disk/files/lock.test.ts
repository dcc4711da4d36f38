import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bytesOf, openPart, temporaryDirectory } from '../../testing/disk/parts.ts';
import { Lock } from './lock.ts';

/** Another process that holds the lock until it is killed. */
async function holder(t: TestContext, path: string, purpose: string) {
  const code = `
    const { Lock } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    await Lock.acquire(${JSON.stringify(path)}, ${JSON.stringify(purpose)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return {
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a lock is held by one until it is given up', async (t) => {
  const path = join(await temporaryDirectory(t), 'deep', 'x.lock');
  const lock = await Lock.acquire(path, 'one');
  assert.ok(lock instanceof Lock);
  assert.deepEqual(await Lock.acquire(path, 'two'), { heldFor: 'one' });
  await lock.release();
  assert.ok((await Lock.acquire(path, 'two')) instanceof Lock);
});

test('of many who ask at once for a dead lock one gets it', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = join(directory, 'x.lock');
  await writeFile(path, 'torn');
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => Lock.acquire(path, String(index))),
  );
  assert.equal(answers.filter((answer) => answer instanceof Lock).length, 1);
  assert.deepEqual(await readdir(directory), ['x.lock']);
});

test('a guard that a crash has left is swept away', async (t) => {
  const path = join(await temporaryDirectory(t), 'x.lock');
  await writeFile(path, 'torn');
  await mkdir(`${path}.guard`);
  await utimes(`${path}.guard`, 0, 0);
  assert.deepEqual(await Lock.acquire(path, 'one'), { heldFor: '' });
  assert.ok((await Lock.acquire(path, 'one')) instanceof Lock);
});

test('another process keeps the lock while it lives, and loses it when it is killed', async (t) => {
  const path = join(await temporaryDirectory(t), 'x.lock');
  const other = await holder(t, path, 'theirs');
  assert.deepEqual(await Lock.acquire(path, 'mine'), { heldFor: 'theirs' });
  await other.kill();
  assert.ok((await Lock.acquire(path, 'mine')) instanceof Lock);
});

test('a process that has only inherited the number is not the holder', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const path = join(await temporaryDirectory(t), 'x.lock');
  await Lock.acquire(path, 'earlier');
  const content = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...content, began: 'another boot/1' }));
  assert.ok((await Lock.acquire(path, 'mine')) instanceof Lock);
});

test('a part is busy for the same download, and passed by for another', async (t) => {
  const directory = await temporaryDirectory(t);
  const content = bytesOf(1000);
  const first = await openPart(t, directory, content);
  await assert.rejects(openPart(t, directory, content), { code: 'part-busy' });
  const other = await openPart(t, directory, content, { url: 'http://other.test/' });
  assert.notEqual(other.partPath, first.partPath);
  await first[Symbol.asyncDispose]();
  const again = await openPart(t, directory, content);
  assert.equal(again.partPath, first.partPath);
});
