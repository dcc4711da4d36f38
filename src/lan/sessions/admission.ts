import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { MemberId, RoomId } from '../../core/ids.ts';

/** Version of the session protocol, sent in Hello. */
export const PROTOCOL_VERSION = 1;
/** Bytes of a nonce. */
export const NONCE_BYTES = 32;
/** Bytes of the random value that identifies one running process. */
export const INSTANCE_BYTES = 16;

/** The side of a session that proves that it knows the secret. */
export type Role = 'dialler' | 'acceptor';

/** The values that both proofs of one admission are bound to. */
export interface AdmissionFacts {
  /** Fingerprints of the certificates of the TLS connection itself. */
  readonly dialler: MemberId;
  readonly acceptor: MemberId;
  /** 32 bytes each. */
  readonly diallerNonce: Uint8Array;
  readonly acceptorNonce: Uint8Array;
}

/** The key that admits to a room: HKDF-SHA256 (RFC 5869) of the room's secret. */
export function admissionKey(room: RoomId, secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, room, 'dragonload admission v1', 32));
}

/**
 * HMAC-SHA256 (RFC 2104) by which `role` shows that it has the key. The role keeps a proof from being reflected, the
 * fingerprints from being relayed over another TLS connection, the nonces from being replayed.
 */
export function proofOf(key: Uint8Array, role: Role, facts: AdmissionFacts): Buffer {
  return createHmac('sha256', key)
    .update(`dragonload ${role}\0`)
    .update(Buffer.from(facts.dialler, 'hex'))
    .update(Buffer.from(facts.acceptor, 'hex'))
    .update(facts.diallerNonce)
    .update(facts.acceptorNonce)
    .digest();
}

/** Whether `mac` is the proof of `role`, in constant time. */
export function checkProof(key: Uint8Array, role: Role, facts: AdmissionFacts, mac: Uint8Array): boolean {
  const expected = proofOf(key, role, facts);
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}

/** A fresh nonce. */
export function newNonce(): Buffer {
  return randomBytes(NONCE_BYTES);
}
