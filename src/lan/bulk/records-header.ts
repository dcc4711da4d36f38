import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { PieceRecord } from '../../core/messages.ts';
import { PieceRecordsSchema } from '../../gen/dragonload/v1/peer_pb.ts';
import { violation } from '../wire/wire-checks.ts';
import { decodeRecord } from '../wire/wire-decode.ts';
import { encodeRecord } from '../wire/wire-encode.ts';
import { MAX_PULL_RECORDS } from '../wire/wire-limits.ts';

/** The header field of a bulk answer that carries the records of its pieces: PieceRecords, base64url. */
export const RECORDS_HEADER = 'dragonload-records';

/** At most 64 records, about 180 characters each. */
export function encodeRecordsHeader(records: readonly PieceRecord[]): string {
  if (records.length > MAX_PULL_RECORDS) throw new RangeError(`${records.length} records for one pull`);
  const message = create(PieceRecordsSchema, { records: records.map(encodeRecord) });
  return Buffer.from(toBinary(PieceRecordsSchema, message)).toString('base64url');
}

/** @throws DragonloadError `bad-peer`. Signatures are not checked here. */
export function decodeRecordsHeader(header: string | string[] | undefined): readonly PieceRecord[] {
  if (header === undefined) return [];
  if (typeof header !== 'string' || !/^[A-Za-z0-9_-]*$/.test(header))
    throw violation('records that cannot be read');
  let records: readonly Parameters<typeof decodeRecord>[0][];
  try {
    ({ records } = fromBinary(PieceRecordsSchema, Buffer.from(header, 'base64url')));
  } catch {
    throw violation('records that cannot be read');
  }
  if (records.length > MAX_PULL_RECORDS) throw violation('too many records');
  return records.map(decodeRecord);
}
