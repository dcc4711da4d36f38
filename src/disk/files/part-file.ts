import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DragonloadError } from '../../core/errors.ts';
import { numbered } from '../../core/file-name.ts';
import { codeOf } from './disk-error.ts';

const MAX_NUMBER = 999;

/** A link at the path of a part file might lead to any file. Windows has neither the flag nor the danger. */
export const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** Creates a file that was not there, for reading and writing. Throws system errors, `EEXIST` among them. */
export async function createPart(path: string): Promise<FileHandle> {
  return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, 0o666);
}

/** Opens an existing part file; undefined when there is something else than a plain file at its path. */
export async function openPart(path: string): Promise<FileHandle | undefined> {
  if (!(await lstat(path)).isFile()) return undefined;
  const file = await open(path, constants.O_RDWR | NO_FOLLOW);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

/** Whether anything exists at the path, even a dangling link. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

/** Writes all of `bytes` at `position`; the system may write less than it was given, above all on a full disk. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let at = 0;
  while (at < bytes.length)
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}

/** Writes buffers one after the other from `position` on, with one call if the system takes them all. */
export async function writeRun(
  file: FileHandle,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let { bytesWritten } = await file.writev(buffers, position);
  for (const bytes of buffers) {
    if (bytesWritten < bytes.length)
      await writeAll(file, bytes.subarray(bytesWritten), position + bytesWritten);
    bytesWritten = Math.max(0, bytesWritten - bytes.length);
    position += bytes.length;
  }
}

/** Fills all of `target` with the bytes of a file from `position` on. Throws when it has fewer. */
export async function readInto(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < target.length; ) {
    const { bytesRead } = await file.read(target, at, target.length - at, position + at);
    if (bytesRead === 0) throw new DragonloadError('internal', 'The part file is shorter than it should be.');
    at += bytesRead;
  }
}

/** Whether the name still belongs to the open file: it may have been replaced. */
export async function isStillAt(file: FileHandle, path: string): Promise<boolean> {
  const [open, named] = await Promise.all([
    file.stat({ bigint: true }),
    lstat(path, { bigint: true }).catch((thrown: unknown) => {
      if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return undefined;
      throw thrown;
    }),
  ]);
  return named?.isFile() === true && named.dev === open.dev && named.ino === open.ino;
}

/**
 * Gives the finished part its name in `directory` without ever replacing a file: the first free one of `name`,
 * `name (1)` and so on, from `number`. Returns the path.
 */
export async function place(part: string, directory: string, name: string, number: number): Promise<string> {
  for (; number <= MAX_NUMBER; number++) {
    const target = join(directory, numbered(name, number));
    if (await moveTo(part, target)) {
      await syncDirectory(directory);
      return target;
    }
  }
  throw new DragonloadError('unwritable', `${directory} has too many files named like ${name}.`, {
    facts: { path: join(directory, name) },
    hint: { kind: 'choose-name', path: join(directory, name) },
  });
}

/**
 * Renames a file; false when `target` is taken by another one. A rename replaces what is there; a link does not, so the
 * file gets its second name first. Throws system errors.
 */
export async function moveTo(part: string, target: string): Promise<boolean> {
  try {
    await link(part, target);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') {
      // A run that was killed between the two steps has left one file with both names.
      if (!(await isSameFile(part, target))) return false;
    } else {
      // Without links on this file system, an empty file made exclusively reserves the name, and is replaced.
      try {
        await (await open(target, 'wx')).close();
      } catch (taken) {
        if (codeOf(taken) === 'EEXIST') return false;
        throw taken;
      }
      try {
        await rename(part, target);
      } catch (failed) {
        // The empty file must not be mistaken for a finished one.
        await rm(target, { force: true });
        throw failed;
      }
      return true;
    }
  }
  await rm(part, { force: true });
  return true;
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(one, { bigint: true }), lstat(other, { bigint: true })]);
  return a.isFile() && b.isFile() && a.dev === b.dev && a.ino === b.ino;
}

/** Flushes the names in a directory to the disk. Windows cannot open a directory, and does not need to. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    await using handle = await open(directory, 'r');
    await handle.sync();
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EACCES' && code !== 'EINVAL' && code !== 'EBADF')
      throw thrown;
  }
}
