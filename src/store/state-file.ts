import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Longer than anybody needs to put files aside: such a guard was left by a crash. */
const GUARD_MS = 10_000;
/** What SQLite keeps beside a database. The write-ahead log and its index have to go before the file they belong to. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** Waits without letting anything else run. */
export function waitMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Makes the file, for its owner alone since it holds signed URLs and headers, and the folders above it. Opens nothing
 * that is there: closing it would drop the locks that SQLite has on it in this process (POSIX, fcntl: "All locks
 * associated with a file for a given process shall be removed when a file descriptor for that file is closed"). False
 * when something is there that is no file. Throws system errors.
 */
export function makeStateFile(path: string): boolean {
  makeFolder(dirname(path));
  awaitGuard(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    try {
      closeSync(openSync(path, 'wx', 0o600));
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown;
    }
    return true;
  }
  if (!found.isFile()) return false;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) chmodSync(path, found.mode & 0o700);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
    // Another process has put it aside since it was found.
    return makeStateFile(path);
  }
  return true;
}

/** Node's own `recursive` never returns where the system will not have a directory made, as in /proc. */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    // Another process may have been faster.
    if (codeOf(thrown) !== 'EEXIST' || !statSync(path).isDirectory()) throw thrown;
  }
}

/** Tells the file that is at `path` now from one that was or will be there; undefined if there is none. */
export function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}/${found.birthtimeNs}`;
}

/**
 * Renames a damaged file and its companions to `PATH.broken-N`, which is free, and returns that name; undefined if what
 * is at `path` is not that file, because another process has put it aside already. `close` closes the database: after
 * the renaming, by which SQLite sees that it must not touch the files any more, so that they stay as they are; before
 * it where open files cannot be renamed (Windows). Throws system errors.
 */
export function putAside(
  path: string,
  identity: string | undefined,
  close: () => void = () => {},
): string | undefined {
  const guard = `${path}.guard`;
  while (!taken(guard)) awaitGuard(path);
  try {
    if (process.platform === 'win32') close();
    if (identity === undefined || identityOf(path) !== identity) return undefined;
    const aside = freeName(path);
    for (const suffix of [...COMPANIONS, '']) {
      if (identityOf(path + suffix) !== undefined) renameSync(path + suffix, aside + suffix);
    }
    return aside;
  } finally {
    close();
    rmdirSync(guard);
  }
}

function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = `${path}.broken-${number}`;
    if ([...COMPANIONS, ''].every((suffix) => identityOf(name + suffix) === undefined)) return name;
  }
}

function taken(guard: string): boolean {
  try {
    mkdirSync(guard);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
    return false;
  }
}

/** Returns when nobody is putting files aside. */
export function awaitGuard(path: string): void {
  const guard = `${path}.guard`;
  for (;;) {
    const found = statSync(guard, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (Math.abs(Date.now() - found.mtimeMs) > GUARD_MS) {
      try {
        rmdirSync(guard);
      } catch (thrown) {
        if (codeOf(thrown) !== 'ENOENT') throw thrown;
      }
      return;
    }
    waitMs(10);
  }
}

/** Magic numbers of statfs(2) for file systems over a network: NFS, SMB, SMB2, CIFS, 9P, Ceph, AFS. */
const NETWORK = new Set([0x6969n, 0x517bn, 0xfe534d42n, 0xff534d42n, 0x01021997n, 0x00c36400n, 0x5346414fn]);

/**
 * Whether a file lies on another machine, as far as that can be told (on Linux). A write-ahead log needs memory that all
 * processes share, which those of two machines do not have: SQLite cannot notice, and damages the file.
 */
export function isRemote(path: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return NETWORK.has(statfsSync(path, { bigint: true }).type & 0xffffffffn);
  } catch {
    return false;
  }
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code;
}
