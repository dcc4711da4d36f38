import { createCipheriv, createHash } from 'node:crypto';

const ZEROS = Buffer.alloc(256 * 1024);
const SLICE_BYTES = 1024 * 1024;

/**
 * Bytes `start` to `end - 1` of the endless file that belongs to a seed: AES-CTR key stream (NIST SP 800-38A), so
 * any part can be made on its own, at memory speed, and does not compress.
 */
export function contentSlice(seed: string, start: number, end: number): Buffer {
  const block = BigInt(Math.floor(start / 16));
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(block, 8);
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, counter);
  const skip = start % 16;
  const length = skip + end - start;
  const zeros = length <= ZEROS.length ? ZEROS.subarray(0, length) : Buffer.alloc(length);
  return cipher.update(zeros).subarray(skip);
}

/** SHA-256 in lower-case hex of the first `sizeBytes` bytes of the seed's file. */
export function contentSha256(seed: string, sizeBytes: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < sizeBytes; at += SLICE_BYTES) {
    hash.update(contentSlice(seed, at, Math.min(at + SLICE_BYTES, sizeBytes)));
  }
  return hash.digest('hex');
}
