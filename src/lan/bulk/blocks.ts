/**
 * Bytes moved at a time, to and from disk and network: enough for TLS at full speed, little enough for many members.
 */
export const BLOCK_BYTES = 256 * 1024;
const MAX_SPARE = 32;
const spare: Buffer[] = [];

/** A block of memory with its previous content. Reusing blocks saves the garbage collector gigabytes. */
export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Gives a block back. No part of it may be in use any more. */
export function giveBlock(block: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(block);
}
