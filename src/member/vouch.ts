import type { Part } from '../disk/part.ts';

/** So many places are compared, of so many bytes each. */
const WINDOWS = 4;
const WINDOW_BYTES = 16 * 1024;

/**
 * Whether another address gives the same file: some windows of what is on disk and checked are compared with what it
 * sends. With nothing on disk there is nothing to compare, and nothing that could be spoilt. Throws what `read` throws.
 */
export async function agrees(
  part: Part,
  heldPieces: Iterable<number>,
  read: (start: number, end: number) => Promise<Buffer>,
  random: () => number = Math.random,
): Promise<boolean> {
  const held = [...heldPieces];
  const { geometry } = part;
  for (let window = 0; window < Math.min(WINDOWS, held.length); window++) {
    const piece = held[Math.floor(random() * held.length)]!;
    const room = geometry.bytesOf(piece) - WINDOW_BYTES;
    const start = geometry.startOf(piece) + (room > 0 ? Math.floor(random() * room) : 0);
    const here = Buffer.alloc(Math.min(WINDOW_BYTES, geometry.endOf(piece) - start));
    await part.read(here, start);
    if (!here.equals(await read(start, start + here.length))) return false;
  }
  return true;
}
