import { open, stat } from 'node:fs/promises';
import { DragonloadError } from '../../core/errors.ts';
import { advice, type Hint } from '../../core/hint.ts';

/** Longest file of settings that is read, in bytes: a bundle of all certificates of a system is a tenth of it. */
export const MAX_SETTINGS_FILE_BYTES = 4 * 1024 * 1024;

export interface SettingsFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** POSIX permission bits; 0 on Windows. */
  readonly mode: number;
}

/**
 * An error about a file that the user named. `what` is what it should have been, such as `cookie file`; `next` how to
 * correct it.
 */
export function settingsFileError(
  what: string,
  path: string,
  wrong: string,
  next: string | Hint,
  cause?: unknown,
): DragonloadError {
  return new DragonloadError('usage', `The ${what} ${path} ${wrong}.`, {
    facts: { path },
    hint: typeof next === 'string' ? advice(next) : next,
    cause,
  });
}

/**
 * Reads a file that the user named, whole. It may be a pipe, such as a shell's `<(...)`. Throws `usage` when it
 * cannot be read, is a directory or a device, or is longer than `MAX_SETTINGS_FILE_BYTES`.
 */
export async function readSettingsFile(what: string, path: string): Promise<SettingsFile> {
  const fail = (wrong: string, cause?: unknown) =>
    settingsFileError(what, path, wrong, 'Check the path and its permissions.', cause);
  try {
    // Looked at first: opening some devices has effects.
    const found = await stat(path);
    if (found.isDirectory()) throw fail('is a directory');
    if (!found.isFile() && !found.isFIFO()) throw fail('is not a file');
    await using file = await open(path, 'r');
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(64 * 1024));
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > MAX_SETTINGS_FILE_BYTES) throw fail('is too large: 4 MiB is the most');
      chunks.push(buffer.subarray(0, bytesRead));
    }
    const mode = process.platform === 'win32' ? 0 : found.mode & 0o777;
    return { path, bytes: Buffer.concat(chunks), mode };
  } catch (thrown) {
    if (thrown instanceof DragonloadError) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw fail('does not exist', thrown);
    throw fail(`cannot be read (${code ?? 'unknown error'})`, thrown);
  }
}
