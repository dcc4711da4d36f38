import { sha256Of } from '../../core/content-name.ts';
import { MAX_PIECE_BYTES, MAX_PIECES, MIN_PIECE_BYTES } from '../../core/geometry.ts';
import type * as core from '../../core/messages.ts';
import { MAX_SOURCES } from '../../core/messages.ts';
import type { Run } from '../../core/ranges.ts';
import type * as pb from '../../gen/dragonload/v1/peer_pb.ts';
import { LeaseKind, Phase } from '../../gen/dragonload/v1/peer_pb.ts';
import { MAX_CERTIFICATE_BYTES, memberIdOf } from '../identity/certificate.ts';
import { SIGNATURE_BYTES } from '../identity/signature.ts';
import * as check from './wire-checks.ts';
import { violation } from './wire-checks.ts';
import { MAX_DOWNLOADS, MAX_LEASES, MAX_MEMBERS, MAX_RECORDS, MAX_RUNS } from './wire-limits.ts';

/**
 * The message in a frame, with every value checked; undefined for a frame of an unknown kind, from a newer version.
 * @throws DragonloadError `bad-peer` that says what was wrong.
 */
export function decodeMessage(frame: pb.Frame): core.Message | undefined {
  const { kind } = frame;
  switch (kind.case) {
    case 'roster':
      return {
        type: 'roster',
        epoch: check.count(kind.value.epoch, 'an epoch'),
        members: check.list(kind.value.members, MAX_MEMBERS, 'members').map(member),
      };
    case 'coordinate':
      return {
        type: 'coordinate',
        epoch: check.count(kind.value.epoch, 'an epoch'),
        seniority: seniority(kind.value.seniority),
      };
    case 'offer':
      return offer(kind.value);
    case 'sources':
      if (kind.value.urls.length === 0) throw violation('sources without an address');
      return {
        type: 'sources',
        download: download(kind.value.download),
        urls: check.list(kind.value.urls, MAX_SOURCES, 'sources').map(check.sourceUrl),
      };
    case 'have':
      return {
        type: 'have',
        download: download(kind.value.download),
        runs: runs(kind.value.runs),
        records: check.list(kind.value.records, MAX_RECORDS, 'records').map(decodeRecord),
      };
    case 'fragment': {
      const range = check.byteRange(kind.value.start, kind.value.end, 'a fragment');
      if (range.end - range.start > MAX_PIECE_BYTES) throw violation('a fragment longer than a piece');
      return { type: 'fragment', download: download(kind.value.download), ...range };
    }
    case 'status':
      return {
        type: 'status',
        downloads: check.list(kind.value.downloads, MAX_DOWNLOADS, 'downloads').map(status),
      };
    case 'report':
      return report(kind.value);
    case 'grant':
      return {
        type: 'grant',
        epoch: check.count(kind.value.epoch, 'an epoch'),
        download: download(kind.value.download),
        lease: lease(kind.value.lease),
      };
    case 'revoke':
      return {
        type: 'revoke',
        epoch: check.count(kind.value.epoch, 'an epoch'),
        download: download(kind.value.download),
        lease: check.count(kind.value.lease, 'a lease'),
        end: check.count(kind.value.end, 'an end', check.MAX_FILE_BYTES),
      };
    case 'bye':
      return { type: 'bye' };
    case 'hello':
    case 'challenge':
    case 'proof':
      throw violation(`a ${kind.case} after admission`);
    default:
      return undefined;
  }
}

/** @throws DragonloadError `bad-peer`. The signature itself is not checked: that takes the signer's certificate. */
export function decodeRecord(record: pb.PieceRecord): core.PieceRecord {
  if (record.piece >= MAX_PIECES) throw violation('a record of a piece that cannot be');
  return {
    piece: record.piece,
    sha256: check.exactly(record.sha256, 32, 'a hash'),
    signer: check.hexId(record.signer, 32, 'a signer'),
    signature: check.exactly(record.signature, SIGNATURE_BYTES, 'a signature'),
  };
}

function download(bytes: Uint8Array): string {
  return check.hexId(bytes, 16, 'a download id');
}

function seniority(value: number): number {
  if (value === 0) throw violation('a seniority of 0');
  return value;
}

function member(entry: pb.Member): core.RosterEntry {
  const id = check.hexId(entry.id, 32, 'a member id');
  if (entry.certificate.length > MAX_CERTIFICATE_BYTES) throw violation('a certificate that is too long');
  if (memberIdOf(entry.certificate) !== id)
    throw violation('a certificate that is not of the member it names');
  return {
    id,
    name: check.memberName(entry.name),
    addresses: check.memberAddresses(entry.addresses),
    certificate: entry.certificate,
    seniority: seniority(entry.seniority),
    present: entry.present,
  };
}

function offer(value: pb.Offer): core.Offer {
  const { pieceBytes } = value;
  const isPower = (pieceBytes & (pieceBytes - 1)) === 0;
  if (!isPower || pieceBytes < MIN_PIECE_BYTES || pieceBytes > MAX_PIECE_BYTES)
    throw violation('a piece size that cannot be');
  const sizeBytes =
    value.sizeBytes === undefined
      ? undefined
      : check.count(value.sizeBytes, 'a size', MAX_PIECES * pieceBytes);
  const url = check.offerUrl(value.url);
  const checksum = value.checksum === undefined ? undefined : check.checksum(value.checksum);
  const sha256 = sha256Of(url);
  // Nobody could find out what such a file is but from the member that offers it.
  if (sha256 !== undefined && (sizeBytes === undefined || checksum !== `sha256:${sha256}`))
    throw violation('a file without an origin, and without its size or digest');
  return {
    type: 'offer',
    download: download(value.download),
    url,
    fileName: check.printable(check.text(value.fileName, 255, 'a file name')),
    pieceBytes,
    ranges: value.ranges,
    identity: {
      sizeBytes,
      etag: value.etag === undefined ? undefined : check.text(value.etag, 1024, 'an ETag'),
      lastModified:
        value.lastModified === undefined ? undefined : check.text(value.lastModified, 128, 'a date'),
    },
    checksum,
    order: value.order,
  };
}

function runs(values: readonly pb.Run[]): readonly Run[] {
  let last = -1;
  for (const { start, end } of check.list(values, MAX_RUNS, 'runs')) {
    if (start <= last || end <= start || end > MAX_PIECES)
      throw violation('runs that are out of order or out of bounds');
    last = end;
  }
  return values.map(({ start, end }) => ({ start, end }));
}

const PHASES: Readonly<Partial<Record<number, core.MemberPhase>>> = {
  [Phase.WAITING]: 'waiting',
  [Phase.DOWNLOADING]: 'downloading',
  [Phase.CHECKING]: 'checking',
  [Phase.DONE]: 'done',
  [Phase.FAILED]: 'failed',
};

function status(value: pb.DownloadStatus): core.DownloadStatus {
  const phase = PHASES[value.phase];
  if (phase === undefined) throw violation('a phase that is none');
  return {
    download: download(value.download),
    phase,
    heldBytes: check.count(value.heldBytes, 'a count'),
    originBytes: check.count(value.originBytes, 'a count'),
    lanBytes: check.count(value.lanBytes, 'a count'),
    uploadBytes: check.count(value.uploadBytes, 'a count'),
    originRate: check.rate(value.originRate, 'a number'),
    lanRate: check.rate(value.lanRate, 'a number'),
    fetching: value.fetching,
  };
}

function report(value: pb.Report): core.Report {
  return {
    type: 'report',
    epoch: check.count(value.epoch, 'an epoch'),
    download: download(value.download),
    originRate: check.rate(value.originRate, 'a number'),
    canFetch: value.canFetch,
    wants: value.wants,
    seenLease: check.count(value.seenLease, 'a lease'),
    leases: check.list(value.leases, MAX_LEASES, 'leases').map((entry) => {
      const range = check.byteRange(entry.start, entry.end, 'a lease', true);
      const receivedBytes = check.count(entry.receivedBytes, 'a count', check.MAX_FILE_BYTES);
      return { lease: check.count(entry.lease, 'a lease'), receivedBytes, ...range };
    }),
  };
}

function lease(value: pb.Lease | undefined): core.Lease {
  if (value === undefined) throw violation('a grant without a lease');
  if (value.kind !== LeaseKind.RUN && value.kind !== LeaseKind.TAIL) throw violation('a lease of no kind');
  return {
    lease: check.count(value.lease, 'a lease'),
    kind: value.kind === LeaseKind.TAIL ? 'tail' : 'run',
    owner: value.owner === undefined ? undefined : check.hexId(value.owner, 32, 'a member id'),
    ...check.byteRange(value.start, value.end, 'a lease'),
  };
}
