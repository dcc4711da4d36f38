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

/** A guard older than this was left by a crash: putting files aside takes less time. */
const GUARD_MS = 10_000;
/**
 * Suffixes of SQLite's files beside a database. The write-ahead log and its index have to be moved before the database.
 */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** Waits, and blocks the thread meanwhile. */
export function waitMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Makes the file, readable by its owner alone since it holds signed URLs and headers, and the directories above it. It
 * does not open an existing file: closing it would drop the locks that SQLite has on it in this process (POSIX, fcntl:
 * "All locks associated with a file for a given process shall be removed when a file descriptor for that file is
 * closed"). False when there is something else than a file. Throws system errors.
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

/** Node's own `recursive` never returns where the system refuses to make a directory, as in /proc. */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    // Another process may have made it first.
    if (codeOf(thrown) !== 'EEXIST' || !statSync(path).isDirectory()) throw thrown;
  }
}

/** Identifies the file that is at `path` now, to notice a replacement; undefined if there is none. */
export function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}/${found.birthtimeNs}`;
}

/**
 * Renames a damaged file and its companions to the first free `PATH.broken-N`, and returns that name; undefined if
 * there is another file at `path`, because another process has put the damaged one aside already. `close` closes the
 * database: after the renaming, which makes SQLite leave the files as they are; before it where open files cannot be
 * renamed (Windows). Throws system errors.
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

/** Returns when no process is putting files aside. */
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
 * Whether a file is on another machine, where that is known (on Linux). A write-ahead log needs memory that all
 * processes share; two machines do not share any, which SQLite does not notice, so that it damages the file.
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
