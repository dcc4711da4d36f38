import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { NewDownload } from '../../store/download-row.ts';
import { Store } from '../../store/store.ts';

/** For tests: a data directory that goes with the test. */
export function dataDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dragonload-store-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * For tests: a data directory on a disk of its own of so many KiB, which goes with the test; undefined, and the test is
 * skipped, where none can be had.
 */
export function smallDisk(t: TestContext, kib: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'dragonload-store-'));
  let isMounted = false;
  t.after(() => {
    // Lazily, so that what is still open does not hold it up.
    if (isMounted) execFileSync('umount', ['-l', path]);
    rmdirSync(path);
  });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k,mode=700`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    t.skip('a small file system cannot be mounted here: that takes Linux and root');
    return undefined;
  }
  isMounted = true;
  return path;
}

/** For tests: the list in a data directory, closed after the test. */
export function openStore(t: TestContext, dataDir: string, notices: string[] = []): Store {
  const store = Store.open(dataDir, (notice) => notices.push(notice));
  t.after(() => store[Symbol.dispose]());
  return store;
}

/** For tests: a download to be put on the list, unlike every other by its number. */
export function download(number: number, changes: Partial<NewDownload> = {}): NewDownload {
  const url = `https://origin.test/${number}.bin`;
  return { way: 'get', url, directory: '/downloads', job: JSON.stringify({ url }), ...changes };
}

/** For tests: what somebody does to the file with another tool. */
export function edit(dataDir: string, sql: string): void {
  const database = new DatabaseSync(join(dataDir, 'state.db'), { timeout: 5_000 });
  database.exec(sql);
  database.close();
}

/** What an act in another process has to do with its parent. */
export interface Parent {
  /** Says something to the parent. */
  tell(message: unknown): void;
  /** The next thing that the parent says. */
  hear(): Promise<unknown>;
}

export interface OtherProcess {
  readonly pid: number;
  tell(message: unknown): void;
  hear(): Promise<unknown>;
  /** Ends it as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Waits for its end; rejects if it is not a good one. */
  ended(): Promise<void>;
}

/**
 * For tests: runs `act` in a process of its own, on the same list. The function is sent as text: it knows nothing but
 * its arguments.
 */
export function inProcess<V>(
  t: TestContext,
  dataDir: string,
  value: V,
  act: (store: Store, parent: Parent, value: V) => unknown,
): OtherProcess {
  const code = `
    import { once } from 'node:events';
    import { Store } from ${JSON.stringify(new URL('../../store/store.ts', import.meta.url).href)};
    const heard = [], waiting = [];
    process.on('message', (message) => waiting.length > 0 ? waiting.shift()(message) : heard.push(message));
    const parent = {
      tell: (message) => process.send(message),
      hear: async () => heard.length > 0 ? heard.shift() : await new Promise((resolve) => waiting.push(resolve)),
    };
    {
      using store = Store.open(${JSON.stringify(dataDir)});
      await (${act.toString()})(store, parent, ${JSON.stringify(value)});
    }
    process.disconnect();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const heard: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  child.on('message', (message) => {
    const next = waiting.shift();
    if (next === undefined) heard.push(message);
    else next(message);
  });
  const exit = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  t.after(kill);
  return {
    pid: child.pid!,
    tell: (message) => child.send(message as object),
    hear: async () =>
      heard.length > 0 ? heard.shift() : await new Promise((resolve) => waiting.push(resolve)),
    kill,
    ended: async () => {
      const [code, signal] = await exit;
      if (code !== 0) throw new Error(`the process ended with ${code ?? signal}`);
    },
  };
}

/** How many downloads are on the list that `goodList` makes. */
export const GOOD_ROWS = 200;

/** For tests: a list of downloads that was closed well, one file, of many pages. */
export function goodList(t: TestContext): {
  readonly dataDir: string;
  readonly path: string;
  readonly bytes: Buffer;
} {
  const dataDir = dataDirectory(t);
  const store = openStore(t, dataDir);
  store.add(Array.from({ length: GOOD_ROWS }, (_, index) => download(index)));
  store[Symbol.dispose]();
  const path = join(dataDir, 'state.db');
  assert.deepEqual(readdirSync(dataDir), ['state.db']);
  return { dataDir, path, bytes: readFileSync(path) };
}
