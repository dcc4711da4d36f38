import type { Command } from '../../core/contract.ts';
import type { DownloadId, MemberId } from '../../core/ids.ts';
import type { MemberCore } from '../../core/member/member-core.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import type { FakeDisk } from './fake-disk.ts';

const KIB = 1024;

/** A download of 16 pieces of 256 KiB and a bit, with whatever is to differ. */
export function sampleOffer(changes: Partial<Offer> = {}): Offer {
  return {
    type: 'offer',
    download: 'd0',
    url: 'http://origin/file',
    fileName: 'file',
    pieceBytes: 256 * KIB,
    ranges: true,
    identity: { sizeBytes: 16 * 256 * KIB + 1000, etag: '"1"', lastModified: undefined },
    checksum: undefined,
    order: 0,
    ...changes,
  };
}

export interface Transfer {
  position: number;
  end: number;
}

export interface Actor {
  readonly id: MemberId;
  readonly core: MemberCore;
  readonly disk: FakeDisk;
  readonly streams: Map<number, Transfer>;
  readonly pulls: Map<number, Transfer & { readonly from: MemberId }>;
  /** What other members, run by cores, have asked of it: by number of the request, who and which pull. */
  readonly requests: Map<number, { readonly of: Actor; readonly pull: number }>;
  /** Everything the core asked for, in order. */
  readonly commands: Command[];
  readonly finished: Set<DownloadId>;
  /** Takes the place of what the world would do with a command; false leaves it to the world. */
  intercept: (command: Command) => boolean;
  originBytes: number;
}

/** A member that is not run by a core: what it sends when it is asked. */
export interface Played {
  /** What stands in its bytes: `good` for the origin's. */
  readonly content: string;
  readonly recordOf: (piece: number) => PieceRecord | undefined;
  /** It sends the records after the bytes. */
  readonly recordsLast?: boolean;
  /** It takes the request and sends nothing. */
  readonly silent?: boolean;
}

/** What is to happen. */
export interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}
