import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOWNLOAD } from '../../testing/lan/rooms.ts';
import { ephemeralIdentity } from './identity.ts';
import { signRecord, verifyRecord } from './records.ts';

const PIECE_BYTES = 1 << 20;
const me = ephemeralIdentity();
const record = signRecord(me, DOWNLOAD, PIECE_BYTES, 7, Buffer.alloc(32, 1));

test('a record is good for what was signed', () => {
  assert.ok(verifyRecord(me.certificate, DOWNLOAD, PIECE_BYTES, record));
});

test('a record is good for nothing else', () => {
  const other = ephemeralIdentity();
  const bad = [
    verifyRecord(me.certificate, 'f'.repeat(32), PIECE_BYTES, record),
    verifyRecord(me.certificate, DOWNLOAD, PIECE_BYTES * 2, record),
    verifyRecord(me.certificate, DOWNLOAD, PIECE_BYTES, { ...record, piece: 8 }),
    verifyRecord(me.certificate, DOWNLOAD, PIECE_BYTES, { ...record, sha256: Buffer.alloc(32, 2) }),
    verifyRecord(me.certificate, DOWNLOAD, PIECE_BYTES, { ...record, signer: other.id }),
    verifyRecord(other.certificate, DOWNLOAD, PIECE_BYTES, record),
    verifyRecord(other.certificate, DOWNLOAD, PIECE_BYTES, { ...record, signer: other.id }),
  ];
  assert.deepEqual(bad, Array(bad.length).fill(false));
});
