import type { DownloadId, MemberId } from '../ids.ts';
import type { Run } from '../ranges.ts';

/** At most this many requests of one peer wait; it gets a refusal for more. */
const MAX_WAITING_PER_PEER = 32;
/** At most this many requests wait in all. */
const MAX_WAITING = 1024;
/**
 * At most this many requests are served at a time. In a model of 16 members with equal links, 4 left links idle where
 * receivers were busy with others (1.5 x the bound), 8 fewer (1.1 x) and 16 none (1.01 x).
 */
const MAX_ACTIVE = 16;
/** At most this many of them for one peer, the second only while no other peer waits. */
const MAX_ACTIVE_PER_PEER = 2;
/** Of a request's pieces only so many are looked at: honest ones do not ask for more at once. */
const MAX_RANKED_PIECES = 16;
/** A request that was passed over this many times is next. */
const MAX_PASSED = 64;

/** A request that a peer makes of this member. */
export interface UploadRequest {
  /** Chosen by the caller, used once. */
  readonly id: number;
  readonly peer: MemberId;
  readonly download: DownloadId;
  /** The pieces that it is about, in whole or in part. */
  readonly run: Run;
  readonly bytes: number;
}

/** What the order of uploads depends on; asked anew each time. */
export interface UploadKnowledge {
  /** How many peers hold a piece. */
  holders(download: DownloadId, piece: number): number;
  /** Whether a peer will pass on what it gets: it lacks pieces itself and others can reach it. */
  relays(download: DownloadId, peer: MemberId): boolean;
}

interface Waiting {
  readonly request: UploadRequest;
  /** The turn at which it was added. */
  readonly since: number;
}

/**
 * Orders what others ask of this member, for when its uplink is what all wait for. First come peers that are getting
 * nothing. Among those, first a request of a member that will relay it, of the piece with the fewest holders; then the
 * peer that has been served the fewest bytes; then who came first. Whoever was passed over 64 times is served all the
 * same. Peers are not trusted: each has a limit on what it may have waiting.
 */
export class UploadQueue {
  readonly #knowledge: UploadKnowledge;
  readonly #maxActive: number;
  // In order of arrival.
  readonly #waiting = new Map<number, Waiting>();
  readonly #active = new Map<number, UploadRequest>();
  readonly #servedBytes = new Map<MemberId, number>();
  #turn = 0;

  /** `maxActive`: how many requests are served at a time. Default 16. */
  constructor(knowledge: UploadKnowledge, maxActive = MAX_ACTIVE) {
    this.#knowledge = knowledge;
    this.#maxActive = maxActive;
  }

  /** Whether a request is waiting or being served. */
  has(id: number): boolean {
    return this.#waiting.has(id) || this.#active.has(id);
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  /** Lets a request wait for its turn. False when the peer, or all together, have too many waiting: refuse it. */
  add(request: UploadRequest): boolean {
    if (this.#waiting.has(request.id) || this.#active.has(request.id)) {
      throw new RangeError(`request ${request.id} is there already`);
    }
    if (this.#waiting.size >= MAX_WAITING) return false;
    let own = 0;
    for (const { request: other } of this.#waiting.values()) if (other.peer === request.peer) own++;
    if (own >= MAX_WAITING_PER_PEER) return false;
    this.#waiting.set(request.id, { request, since: this.#turn });
    return true;
  }

  /** The request to serve now, if there is one and a place for it. Call until there is none; tell `done` at the end. */
  next(): UploadRequest | undefined {
    if (this.#active.size >= this.#maxActive) return undefined;
    let best: Waiting | undefined;
    let bestRank: readonly number[] = [];
    for (const waiting of this.#waiting.values()) {
      if (this.#activeOf(waiting.request.peer) >= MAX_ACTIVE_PER_PEER) continue;
      const rank = this.#rank(waiting);
      if (best !== undefined && !isBefore(rank, bestRank)) continue;
      best = waiting;
      bestRank = rank;
    }
    if (best === undefined) return undefined;
    this.#turn++;
    this.#waiting.delete(best.request.id);
    this.#active.set(best.request.id, best.request);
    return best.request;
  }

  /** A request was served or broke off, after so many bytes. */
  done(id: number, sentBytes: number): void {
    const request = this.#active.get(id);
    if (request === undefined) return;
    this.#active.delete(id);
    this.#servedBytes.set(request.peer, (this.#servedBytes.get(request.peer) ?? 0) + sentBytes);
  }

  /** Forgets a request that is no longer wanted, waiting or active. */
  remove(id: number): void {
    this.#waiting.delete(id);
    this.#active.delete(id);
  }

  /** Forgets a peer that is gone, and all it asked for. */
  removePeer(peer: MemberId): void {
    for (const { request } of this.#waiting.values()) if (request.peer === peer) this.remove(request.id);
    for (const request of this.#active.values()) if (request.peer === peer) this.remove(request.id);
    this.#servedBytes.delete(peer);
  }

  #activeOf(peer: MemberId): number {
    let count = 0;
    for (const request of this.#active.values()) if (request.peer === peer) count++;
    return count;
  }

  /** Of two ranks the one that is lower at the first difference goes first. */
  #rank({ request, since }: Waiting): readonly number[] {
    const { peer, download, run } = request;
    let sentBytes = this.#servedBytes.get(peer) ?? 0;
    // What is being sent will soon have one holder more.
    let copies = 0;
    let active = 0;
    for (const other of this.#active.values()) {
      if (other.peer === peer) {
        active++;
        sentBytes += other.bytes;
      }
      if (other.download === download && other.run.start < run.end && run.start < other.run.end) copies++;
    }
    if (this.#turn - since >= MAX_PASSED) return [-1];
    if (!this.#knowledge.relays(download, peer)) return [active, 1, 0, sentBytes];
    let holders = Number.POSITIVE_INFINITY;
    for (let piece = run.start; piece < Math.min(run.end, run.start + MAX_RANKED_PIECES); piece++) {
      holders = Math.min(holders, this.#knowledge.holders(download, piece));
    }
    return [active, 0, holders + copies, sentBytes];
  }
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}
