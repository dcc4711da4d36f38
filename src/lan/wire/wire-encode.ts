import { create, type MessageInitShape } from '@bufbuild/protobuf';
import * as core from '../../core/messages.ts';
import {
  type Frame,
  FrameSchema,
  LeaseKind,
  Phase,
  type PieceRecordSchema,
} from '../../gen/dragonload/v1/peer_pb.ts';
import { isSourceUrl } from './wire-checks.ts';
import { MAX_RECORDS, MAX_RUNS } from './wire-limits.ts';

type Kind = NonNullable<MessageInitShape<typeof FrameSchema>['kind']>;

/**
 * The frames that carry a message: one; several for a `have` beyond the limits of one frame; none for empty `sources`.
 */
export function encodeMessage(message: core.Message): readonly Frame[] {
  if (message.type === 'have') return haves(message).map(frameOf);
  if (message.type === 'sources') return sources(message).map(frameOf);
  return [frameOf(kindOf(message))];
}

/** A frame of the given kind. */
export function frameOf(kind: Kind): Frame {
  return create(FrameSchema, { kind });
}

/** A record as it goes into a message. */
export function encodeRecord(record: core.PieceRecord): MessageInitShape<typeof PieceRecordSchema> {
  return {
    piece: record.piece,
    sha256: record.sha256,
    signer: bytes(record.signer),
    signature: record.signature,
  };
}

function haves({ download, runs, records }: core.Have): readonly Kind[] {
  const parts = Math.max(1, Math.ceil(runs.length / MAX_RUNS), Math.ceil(records.length / MAX_RECORDS));
  return Array.from({ length: parts }, (_, part) => ({
    case: 'have',
    value: {
      download: bytes(download),
      runs: runs.slice(part * MAX_RUNS, (part + 1) * MAX_RUNS).map(({ start, end }) => ({ start, end })),
      records: records.slice(part * MAX_RECORDS, (part + 1) * MAX_RECORDS).map(encodeRecord),
    },
  }));
}

/**
 * Addresses from the user are not checked like those from members: a bad one is left out, so that it ends no session.
 */
function sources({ download, urls }: core.Sources): readonly Kind[] {
  const good = urls.filter(isSourceUrl).slice(0, core.MAX_SOURCES);
  return good.length === 0 ? [] : [{ case: 'sources', value: { download: bytes(download), urls: good } }];
}

function kindOf(message: Exclude<core.Message, core.Have | core.Sources>): Kind {
  switch (message.type) {
    case 'roster': {
      const members = message.members.map((entry) => ({
        ...entry,
        id: bytes(entry.id),
        addresses: [...entry.addresses],
      }));
      return { case: 'roster', value: { epoch: BigInt(message.epoch), members } };
    }
    case 'coordinate':
      return { case: 'coordinate', value: { epoch: BigInt(message.epoch), seniority: message.seniority } };
    case 'offer':
      return offer(message);
    case 'fragment': {
      const { download, start, end } = message;
      return {
        case: 'fragment',
        value: { download: bytes(download), start: BigInt(start), end: BigInt(end) },
      };
    }
    case 'status':
      return { case: 'status', value: { downloads: message.downloads.map(status) } };
    case 'report':
      return report(message);
    case 'grant':
      return grant(message);
    case 'revoke': {
      const { epoch, download, lease, end } = message;
      const value = {
        epoch: BigInt(epoch),
        download: bytes(download),
        lease: BigInt(lease),
        end: BigInt(end),
      };
      return { case: 'revoke', value };
    }
    case 'bye':
      return { case: 'bye', value: {} };
  }
}

function offer({ identity, type: _, ...value }: core.Offer): Kind {
  return {
    case: 'offer',
    value: {
      download: bytes(value.download),
      url: value.url,
      fileName: value.fileName,
      pieceBytes: value.pieceBytes,
      ranges: value.ranges,
      order: value.order,
      ...(value.checksum === undefined ? {} : { checksum: value.checksum }),
      ...(identity.sizeBytes === undefined ? {} : { sizeBytes: BigInt(identity.sizeBytes) }),
      ...(identity.etag === undefined ? {} : { etag: identity.etag }),
      ...(identity.lastModified === undefined ? {} : { lastModified: identity.lastModified }),
    },
  };
}

const PHASES: Readonly<Record<core.MemberPhase, Phase>> = {
  waiting: Phase.WAITING,
  downloading: Phase.DOWNLOADING,
  checking: Phase.CHECKING,
  done: Phase.DONE,
  failed: Phase.FAILED,
};

function status(value: core.DownloadStatus) {
  return {
    download: bytes(value.download),
    phase: PHASES[value.phase],
    heldBytes: BigInt(value.heldBytes),
    originBytes: BigInt(value.originBytes),
    lanBytes: BigInt(value.lanBytes),
    uploadBytes: BigInt(value.uploadBytes),
    originRate: value.originRate,
    lanRate: value.lanRate,
    fetching: value.fetching,
  };
}

function report(value: core.Report): Kind {
  return {
    case: 'report',
    value: {
      epoch: BigInt(value.epoch),
      download: bytes(value.download),
      originRate: value.originRate,
      canFetch: value.canFetch,
      wants: value.wants,
      seenLease: BigInt(value.seenLease),
      leases: value.leases.map(({ lease, start, end, receivedBytes }) => ({
        lease: BigInt(lease),
        start: BigInt(start),
        end: BigInt(end),
        receivedBytes: BigInt(receivedBytes),
      })),
    },
  };
}

function grant({ epoch, download, lease }: core.Grant): Kind {
  return {
    case: 'grant',
    value: {
      epoch: BigInt(epoch),
      download: bytes(download),
      lease: {
        lease: BigInt(lease.lease),
        kind: lease.kind === 'tail' ? LeaseKind.TAIL : LeaseKind.RUN,
        start: BigInt(lease.start),
        end: BigInt(lease.end),
        ...(lease.owner === undefined ? {} : { owner: bytes(lease.owner) }),
      },
    },
  };
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}
