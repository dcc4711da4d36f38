import type { Command, Event } from '../../src/core/contract.ts';
import type { DownloadId } from '../../src/core/ids.ts';
import type { MemberCoreOptions } from '../../src/core/member/member-core.ts';
import type { PieceRecord } from '../../src/core/messages.ts';
import type { ByteRange } from '../../src/core/ranges.ts';
import type { View } from '../../src/core/view.ts';

/** What the simulated world drives: the shape of `MemberCore`, so that tests can put a toy in its place. */
export interface CoreLike {
  handle(event: Event, nowMs: number): void;
  drain(): readonly Command[];
  deadline(): number | undefined;
  view(nowMs: number): View;
  /** What may be sent to a member that asks for these bytes: the records to send along, or undefined to refuse. */
  serve(download: DownloadId, range: ByteRange): readonly PieceRecord[] | undefined;
}

/** Makes the core of one process of a member. */
export type MakeCore = (options: MemberCoreOptions) => CoreLike;
