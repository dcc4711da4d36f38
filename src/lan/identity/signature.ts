import { type KeyObject, verify } from 'node:crypto';
import { memberIdOf, publicKeyOf } from './certificate.ts';

/** Bytes of a signature: r and s of a P-256 signature, 32 each (IEEE P1363). */
export const SIGNATURE_BYTES = 64;

/**
 * Keys by member id; a room has at most 256 members, and parsing a certificate costs as much as checking a signature.
 */
const keys = new Map<string, KeyObject>();
const MAX_KEYS = 1024;

/**
 * Whether `signature` is the certificate owner's ECDSA P-256 with SHA-256 signature (FIPS 186-5) over `bytes`.
 * False for a certificate that cannot be read, or with another kind of key.
 */
export function verifySignature(certificate: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const key = keyOf(certificate);
  return key !== undefined && verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function keyOf(certificate: Uint8Array): KeyObject | undefined {
  const id = memberIdOf(certificate);
  const known = keys.get(id);
  if (known !== undefined) return known;
  try {
    const key = publicKeyOf(certificate);
    if (keys.size >= MAX_KEYS) keys.clear();
    keys.set(id, key);
    return key;
  } catch {
    return undefined;
  }
}
