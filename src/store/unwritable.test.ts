import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DragonloadError } from '../core/errors.ts';
import { dataDirectory, download, inProcess, openStore, smallDisk } from '../testing/store/stores.ts';
import { Store } from './store.ts';

/** Takes all the room that a disk has, but for `leftBytes`. */
function fillUp(directory: string, leftBytes: number): string {
  const path = join(directory, 'other');
  const file = openSync(path, 'wx');
  try {
    // The last write takes what there is.
    while (writeSync(file, Buffer.alloc(64 * 1024, 1)) > 0);
  } catch {
    ftruncateSync(file, Math.max(0, fstatSync(file).size - leftBytes));
  }
  closeSync(file);
  return path;
}

test('a disk that is full at any point fails what is asked, and loses nothing that was done', (t) => {
  // Room for the log, which is written into the file when it has 4 MB.
  const directory = smallDisk(t, 12 * 1024);
  if (directory === undefined) return;
  const store = openStore(t, directory);
  const done = new Set<number>();
  for (let leftBytes = 0; leftBytes <= 160 * 1024; leftBytes += 8 * 1024) {
    const other = fillUp(directory, leftBytes);
    let failure: unknown;
    for (let round = 0; round < 200 && failure === undefined; round++) {
      try {
        for (const id of store.add([download(round, { job: 'x'.repeat(2000) })])) done.add(id);
      } catch (thrown) {
        failure = thrown;
      }
    }
    assert.equal((failure as DragonloadError | undefined)?.code, 'unwritable', `${leftBytes} left`);
    assert.match((failure as DragonloadError).message, /no space left|failed/);
    // It can still be read.
    for (const id of done) assert.ok(store.get(id), `${id}`);
    rmSync(other);
    const [id] = store.add([download(1)]) as [number];
    assert.equal(store.claim(id), true);
    store.release(id, 'done');
    for (const old of done) assert.equal(store.remove(old), true);
    done.clear();
  }
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.includes('broken')),
    [],
  );
});

test('a list cannot be begun on a full disk, which is said, and can when there is room', (t) => {
  const directory = smallDisk(t, 512);
  if (directory === undefined) return;
  let opened = 0;
  for (let leftBytes = 0; leftBytes <= 300 * 1024; leftBytes += 4 * 1024) {
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
    const other = fillUp(directory, leftBytes);
    const notices: string[] = [];
    const store = Store.tryOpen(directory, (notice) => notices.push(notice));
    if (store === undefined)
      assert.match(notices.join(), /Downloads go on without it, and are not remembered/);
    else opened++;
    store?.[Symbol.dispose]();
    rmSync(other);
    const again = openStore(t, directory, notices);
    assert.deepEqual(again.add([download(1)]), [1]);
    again[Symbol.dispose]();
    assert.doesNotMatch(notices.join(), /damaged/);
  }
  assert.ok(opened > 0);
});

test('on a disk that may not be written to there is no list, and downloads go on', (t) => {
  const directory = smallDisk(t, 512);
  if (directory === undefined) return;
  const store = openStore(t, directory);
  store.add([download(1)]);
  store[Symbol.dispose]();
  execFileSync('mount', ['-o', 'remount,ro', directory]);
  const notices: string[] = [];
  assert.equal(
    Store.tryOpen(directory, (notice) => notices.push(notice)),
    undefined,
  );
  assert.match(notices.join(), /cannot be written \(EROFS\)\. Downloads go on without it/);
  assert.equal(
    Store.tryOpen(join(directory, 'new'), (notice) => notices.push(notice)),
    undefined,
  );
  execFileSync('mount', ['-o', 'remount,rw', directory]);
  assert.equal(openStore(t, directory).list().length, 1);
});

test('a list that this user may not write to is not used, and stays as it is', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can become somebody else');
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  store.add([download(1)]);
  store[Symbol.dispose]();
  for (const [what, mode] of [
    ['the file', { directory: 0o777, file: 0o444 }],
    ['the directory', { directory: 0o555, file: 0o666 }],
  ] as const) {
    const child = inProcess(t, dataDirectory(t), { dataDir, mode }, async (mine, parent, given) => {
      const { chmodSync, readFileSync } = await import('node:fs');
      chmodSync(given.dataDir, given.mode.directory);
      chmodSync(`${given.dataDir}/state.db`, given.mode.file);
      const before = readFileSync(`${given.dataDir}/state.db`, 'hex');
      process.seteuid?.(65_534);
      const notices: string[] = [];
      const List = mine.constructor as typeof Store;
      const found = List.tryOpen(given.dataDir, (notice) => notices.push(notice));
      process.seteuid?.(0);
      const same = readFileSync(`${given.dataDir}/state.db`, 'hex') === before;
      parent.tell({ isOpen: found !== undefined, same, notices });
    });
    const { isOpen, same, notices } = (await child.hear()) as Record<string, unknown>;
    assert.equal(isOpen, false, what);
    assert.equal(same, true, what);
    assert.match(String(notices), /cannot be written \(E(ACCES|PERM)\)\. Downloads go on/, what);
    await child.ended();
  }
  execFileSync('chmod', ['700', dataDir]);
  execFileSync('chmod', ['600', join(dataDir, 'state.db')]);
  assert.equal(openStore(t, dataDir).list().length, 1);
});
