import type { MemberId } from '../../src/core/ids.ts';
import type { MemberSpec } from '../scenario/scenario.ts';
import { hashText } from './content.ts';
import type { CoreLike } from './core-like.ts';
import type { Disk } from './disk.ts';

/** One member of the world: its machine, its disk and, while it runs, the core of its process. */
export class SimMember {
  readonly index: number;
  readonly id: MemberId;
  readonly spec: MemberSpec;
  readonly certificate: Uint8Array;
  readonly addresses: readonly string[];
  readonly disk: Disk;

  /** Undefined while no process runs. */
  core: CoreLike | undefined;
  /** Counts its processes: what was under way for an earlier one is void. */
  life = 0;
  /** Its network stands still. */
  stalled = false;
  /** 1 unless its link is slow just now. */
  slowFactor = 1;
  /** The share of relayed pieces that it serves wrongly. */
  corruptShare = 0;
  corruptFragments = false;
  /** It stalls for ever or said goodbye: it need not finish. */
  lost = false;
  /** Its disk takes no more: its part in the download is over. */
  diskFailed = false;
  /** It claims to have what it has not, and to be faster than it is. */
  boasts = false;
  /** The origin refuses it from now on. */
  refused = false;
  /** The running process knows that the origin serves no ranges any more. */
  readsWhole = false;
  /** The download was added to the running core. */
  added = false;
  /** The room's offer was seen by the running process. */
  consented = false;
  /** It was told to finish. */
  finishing = false;
  finished = false;
  finishedMs: number | undefined;
  canFetch = false;
  /** The process has looked at the origin. */
  probed = false;
  /** The freshest link that the running process knows. */
  link = 0;
  /** The freshest that its user gave it: it outlives the process. */
  givenLink = 0;
  /** How often there was something new about the origin. */
  news = 0;
  /** Pieces of which the origin sends it wrong bytes, and whether there ever were any. */
  readonly misled = new Set<number>();
  wasMisled = false;
  /** When the tick that is on the clock is due. */
  tickMs = Number.POSITIVE_INFINITY;
  /** Members that it has dropped in this process: it lets them in no more, whatever they begin anew. */
  readonly banned = new Set<SimMember>();
  /** Pieces it was told to hash and has not hashed yet. */
  readonly hashing = new Set<number>();
  originBytes = 0;
  lanBytes = 0;

  constructor(index: number, id: MemberId, spec: MemberSpec, disk: Disk) {
    this.index = index;
    this.id = id;
    this.spec = spec;
    this.disk = disk;
    this.certificate = new TextEncoder().encode(`certificate of ${id}`);
    this.addresses = spec.firewalled ? [] : [`10.0.0.${index + 1}:7000`];
  }

  /** Whether it serves wrong bytes for this piece: always the same answer. */
  servesWrong(piece: number): boolean {
    if (this.corruptShare === 0 || (!this.corruptFragments && !this.disk.records.has(piece))) return false;
    return hashText(`${this.id}/${piece}`) / 2 ** 32 < this.corruptShare;
  }

  /** It lies, its disk has failed, or it is out of reach for good: nothing is asked of it. */
  get isExempt(): boolean {
    return this.lost || this.corruptShare > 0 || this.diskFailed || this.boasts;
  }

  get name(): string {
    return `m${this.index}`;
  }
}
