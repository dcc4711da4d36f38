import { createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { DragonloadError } from '../../core/errors.ts';
import type { MemberId } from '../../core/ids.ts';

/** A certificate from a member is at most this many bytes of DER. */
export const MAX_CERTIFICATE_BYTES = 4096;

// Tags of ITU-T X.690 (DER).
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;

// Contents of the object identifiers 2.5.4.3 (commonName) and 1.2.840.10045.4.3.2 (ecdsa-with-SHA256, RFC 5758).
const COMMON_NAME = Buffer.from('550403', 'hex');
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');

/**
 * DER of a self-signed X.509 v3 certificate (RFC 5280) for a P-256 key pair. Members look at its key and its hash
 * only, so name and dates are the same for all; 9999 means "no expiry" (RFC 5280, 4.1.2.5).
 */
export function selfSignedCertificate(
  publicKey: KeyObject,
  privateKey: KeyObject,
  serial: Uint8Array,
): Buffer {
  const algorithm = der(SEQUENCE, der(OID, ECDSA_WITH_SHA256));
  const commonName = der(SEQUENCE, der(OID, COMMON_NAME), der(UTF8_STRING, Buffer.from('dragonload')));
  const name = der(SEQUENCE, der(SET, commonName));
  const validity = der(
    SEQUENCE,
    der(UTC_TIME, Buffer.from('200101000000Z')),
    der(GENERALIZED_TIME, Buffer.from('99991231235959Z')),
  );
  const toBeSigned = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.of(2))),
    // A leading 0x01 keeps the number positive and without leading zeros, for any bytes that follow.
    der(INTEGER, Buffer.of(1), serial),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  return der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, Buffer.of(0), signature));
}

/** The id of the member that has this certificate: SHA-256 of its DER. */
export function memberIdOf(certificate: Uint8Array): MemberId {
  return createHash('sha256').update(certificate).digest('hex');
}

/**
 * The public key in a certificate.
 * @throws DragonloadError `bad-peer` when it is too long, cannot be read, or its key is not on P-256.
 */
export function publicKeyOf(certificate: Uint8Array): KeyObject {
  if (certificate.length > MAX_CERTIFICATE_BYTES) throw badCertificate('is too long');
  let key: KeyObject;
  try {
    key = new X509Certificate(certificate).publicKey;
  } catch (cause) {
    throw badCertificate('cannot be read', cause);
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw badCertificate('has a key of another kind than P-256');
  }
  return key;
}

/** DER as PEM (RFC 7468). */
export function certificatePem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function badCertificate(what: string, cause?: unknown): DragonloadError {
  return new DragonloadError('bad-peer', `The certificate of a member ${what}.`, { cause });
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}
