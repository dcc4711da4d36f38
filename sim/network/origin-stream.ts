import type { Flow } from './fluid.ts';
import type { SimMember } from './sim-member.ts';

/** A connection that brings nothing for this long is given up, as the member's HTTP client does. */
export const STALL_MS = 20_000;

/** One request for bytes of the file, from the command to its end. */
export interface OriginStream extends Flow {
  readonly id: number;
  readonly member: SimMember;
  /** The link that it was asked for with. */
  readonly link: number;
  /** What was new about the origin by then. */
  readonly news: number;
  readonly start: number;
  /** Where the origin begins: without ranges maybe before `start`, and what comes before it is passed over. */
  first: number;
  /** Bytes up to here were handed over. */
  delivered: number;
  end: number;
  /** The request named no end: the end of the file tells the size. */
  readonly toEndOfFile: boolean;
  /** Where the connection breaks. */
  breakAt: number;
  stopped: boolean;
  frozen: boolean;
  /** It ends before what was asked for: its connection cannot be used again. */
  trimmed: boolean;
  /** The resources that it loads; one more when its connection crawls. */
  uses: readonly number[];
}
