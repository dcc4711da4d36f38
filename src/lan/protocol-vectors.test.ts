import assert from 'node:assert/strict';
import { createHash, createHmac, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { ephemeralIdentity, memberIdOf } from './identity/identity.ts';
import { signRecord, verifyRecord } from './identity/records.ts';
import { formatInvite, parseInvite } from './invite.ts';
import { admissionKey, proofOf } from './sessions/admission.ts';

// The protocol in bytes. Both sides of every other test share the code, so none of them notices another label, order or
// byte order; a member of an earlier version does. The values were computed outside of this program, with OpenSSL and
// the HMAC of Python, from docs/protocol.md.

const hex = (text: string) => Buffer.from(text, 'hex');

const ROOM_ID = 'Zm9vYmFyYmF6';
const SECRET = 'MDEyMzQ1Njc4OWFiY2RlZg';
const ADMISSION_KEY = '1dc385fff73d5370df0347c3a2e2c067fff279d02de973d71e8bd43de894389c';

test('the key of a room is HKDF-SHA256 of the secret, with the room as salt and a label', () => {
  // RFC 5869: extract (2.2), and the one block of expand (2.3).
  const extracted = createHmac('sha256', 'Zm9vYmFyYmF6').update('MDEyMzQ1Njc4OWFiY2RlZg').digest();
  const expanded = createHmac('sha256', extracted)
    .update('dragonload admission v1')
    .update(hex('01'))
    .digest();
  assert.equal(expanded.toString('hex'), ADMISSION_KEY);
  assert.equal(admissionKey(ROOM_ID, SECRET).toString('hex'), ADMISSION_KEY);
});

test('a proof is an HMAC of role, zero byte, ids and nonces, those of the dialler first', () => {
  const facts = {
    dialler: '11'.repeat(32),
    acceptor: '22'.repeat(32),
    diallerNonce: Buffer.alloc(32, 0x33),
    acceptorNonce: Buffer.alloc(32, 0x44),
  };
  const proofs = (['dialler', 'acceptor'] as const).map((role) =>
    proofOf(hex(ADMISSION_KEY), role, facts).toString('hex'),
  );
  assert.deepEqual(proofs, [
    'e11ca0ab3f5b1067a39f43938daf078b8ad2dd9bb2d7569764de9141365110a8',
    '3b416493bdaf781c992b1ca656de3967deee05d9273381ff72175bcbfb33fbfc',
  ]);
});

/** A P-256 certificate that OpenSSL has made. */
const CERTIFICATE = Buffer.from(
  [
    'MIIBgTCCASegAwIBAgIUXgBQKVD5kgX8RnK1jYo9omhHa/UwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKZHJhZ29ubG9hZDAgFw0y',
    'NjExMjkwOTI0MDhaGA8yMTI2MTEwNTA5MjQwOFowFTETMBEGA1UEAwwKZHJhZ29ubG9hZDBZMBMGByqGSM49AgEGCCqGSM49AwEH',
    'A0IABG3fZtbE8zcnRBFvq7F3lv41/j2MdMn5A5pfDVHD6Tejs5ydcQN1mnWnGEYU4dtm0q5JxJWn0UiImn6ZXP7fi1yjUzBRMB0G',
    'A1UdDgQWBBQ3zP1fsox8H3froM1tJSCrmch+3zAfBgNVHSMEGDAWgBQ3zP1fsox8H3froM1tJSCrmch+3zAPBgNVHRMBAf8EBTAD',
    'AQH/MAoGCCqGSM49BAMCA0gAMEUCICyS8lXwkc6S+++kKhAsdywZ1I6w7YHh1yEnVf/sXyeBAiEA72MVkArYOHehUw3bRdi01CDU',
    'arrumT76iWsPBNdyhZU=',
  ].join(''),
  'base64',
);
const SIGNER = '31b8e2a8e180cb09eb1244b1586d4021d5d31a3bc6922474ee42a010198e9574';

test('the id of a member is the SHA-256 of its certificate in DER', () => {
  assert.equal(createHash('sha256').update(CERTIFICATE).digest('hex'), SIGNER);
  assert.equal(memberIdOf(CERTIFICATE), SIGNER);
});

const DOWNLOAD = '0123456789abcdef0123456789abcdef';
const PIECE = 0x01020304;
const PIECE_BYTES = 0x00100000;
const SHA256 = Buffer.alloc(32, 0xa5);
/** "dragonload piece v1", a zero byte, the download, the piece and the piece size in big-endian order, the hash. */
const SIGNED = hex(
  '647261676f6e6c6f616420706965636520763100' +
    '0123456789abcdef0123456789abcdef' +
    '01020304' +
    '00100000' +
    'a5'.repeat(32),
);

test('a record that OpenSSL has signed over the bytes of the protocol is good', () => {
  const signature = hex(
    '7eda9fbf9b72eae5cb64e7ff382e3eff879ad8c6d8ae7b27dbf0947c4ac4ef85' +
      '93a157c39515467da871b62cc0364ea5dd346c7768d82ea5fb7e5192ededb825',
  );
  const record = { piece: PIECE, sha256: SHA256, signer: SIGNER, signature };
  assert.ok(verifyRecord(CERTIFICATE, DOWNLOAD, PIECE_BYTES, record));
});

test('a record of this program is an ECDSA signature, r and s, over the bytes of the protocol', () => {
  const me = ephemeralIdentity();
  const { signature } = signRecord(me, DOWNLOAD, PIECE_BYTES, PIECE, SHA256);
  const { publicKey } = new X509Certificate(me.certificate);
  assert.ok(verify('sha256', SIGNED, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature));
});

test('an invite is written and read in the format of version 1', () => {
  const invite = {
    room: ROOM_ID,
    addresses: ['192.0.2.5:4000', '[2001:db8::5]:4001'],
    vault: SIGNER,
    secret: SECRET,
  };
  const link =
    'dragon://join/v1/Zm9vYmFyYmF6?h=192.0.2.5:4000&h=[2001:db8::5]:4001' +
    '&v=31b8e2a8e180cb09eb1244b1586d4021d5d31a3bc6922474ee42a010198e9574#k=MDEyMzQ1Njc4OWFiY2RlZg';
  assert.equal(formatInvite(invite), link);
  assert.deepEqual(parseInvite(link), invite);
});
