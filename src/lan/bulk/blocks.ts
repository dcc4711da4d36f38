/** Bytes moved at a time, to and from disk and network: enough for TLS at full speed, little enough for many members. */
export const BLOCK_BYTES = 256 * 1024;
const MAX_SPARE = 32;
const spare: Buffer[] = [];

/** A block of memory with whatever was in it before. Re-used blocks spare the garbage collector gigabytes. */
export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Gives a block back. Nobody may hold on to any part of it. */
export function giveBlock(block: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(block);
}
