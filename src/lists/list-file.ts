import { open, stat } from 'node:fs/promises';
import { DragonloadError } from '../core/errors.ts';
import { listError, MAX_LIST_BYTES } from './list-error.ts';

/**
 * The bytes of a list: of a file, of a pipe as a shell's `<(...)` gives one, or with `-` of stdin. Throws `bad-list`
 * when it cannot be read, is a directory or a device, or has more than `MAX_LIST_BYTES`.
 */
export async function readListBytes(path: string, list: string): Promise<Buffer> {
  const check = path === '-' ? 'Check what stdin comes from.' : 'Check the path and its permissions.';
  try {
    return path === '-' ? await collect(process.stdin, list) : await readFile(path, list, check);
  } catch (thrown) {
    if (thrown instanceof DragonloadError) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw directory(list);
    const wrong = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown error'})`;
    throw listError(list, undefined, wrong, check, thrown);
  }
}

async function readFile(path: string, list: string, check: string): Promise<Buffer> {
  // Looked at first: opening some devices has effects.
  const found = await stat(path);
  if (found.isDirectory()) throw directory(list);
  if (!found.isFile() && !found.isFIFO()) throw listError(list, undefined, 'is not a file', check);
  if (found.size > MAX_LIST_BYTES) throw tooLong(list);
  await using file = await open(path, 'r');
  return await collect(file.createReadStream({ highWaterMark: 256 * 1024, autoClose: false }), list);
}

/** All bytes of a stream. Throws `bad-list` as soon as there are too many. */
async function collect(chunks: AsyncIterable<Buffer | string>, list: string): Promise<Buffer> {
  const all: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > MAX_LIST_BYTES) throw tooLong(list);
    all.push(bytes);
  }
  return Buffer.concat(all, length);
}

function tooLong(list: string): DragonloadError {
  return listError(list, undefined, 'is too long: 64 MiB is the most', 'Divide it into several.');
}

function directory(list: string): DragonloadError {
  return listError(list, undefined, 'is a directory', 'Give a file that has one address on each line.');
}
