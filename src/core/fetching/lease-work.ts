import type { Geometry } from '../geometry.ts';
import type { Ledger } from '../ledger.ts';
import type { Lease } from '../messages.ts';
import type { ByteRange } from '../ranges.ts';
import type { HeldLease, LeaseBook } from './lease-book.ts';

export interface LeaseWorkOptions {
  readonly ledger: Ledger;
  readonly leases: LeaseBook;
  /** Whether a piece is better had from another member. */
  readonly onLan: (piece: number) => boolean;
}

/** What is left to do of this member's leases: which bytes to ask the origin for next, and which leases are over. */
export class LeaseWork {
  readonly #ledger: Ledger;
  readonly #leases: LeaseBook;
  readonly #onLan: (piece: number) => boolean;

  constructor({ ledger, leases, onLan }: LeaseWorkOptions) {
    this.#ledger = ledger;
    this.#leases = leases;
    this.#onLan = onLan;
  }

  get #geometry(): Geometry {
    return this.#ledger.geometry;
  }

  /** The next bytes to fetch: from the oldest lease, in order, cut so that `connections` share what is left of it. */
  next(connections: number): ByteRange | undefined {
    for (const held of this.#leases) {
      const start = this.#firstAbsent(held);
      if (start !== undefined) return { start, end: this.#absentUntil(start, held.end, connections) };
    }
    return undefined;
  }

  /**
   * The next bytes where each request is answered from the first byte on: the first in the file, and as far as leases go. When
   * nobody else fetches (`isAlone`) they go on past the leases: for each further one the file would come from its first byte again.
   */
  nextInFile(isAlone: boolean): ByteRange | undefined {
    let start: number | undefined;
    let end = 0;
    for (const held of this.#leases) {
      const first = this.#firstAbsent(held);
      if (first === undefined || (start !== undefined && first >= start)) continue;
      start = first;
      end = held.end;
    }
    if (start === undefined) return undefined;
    if (isAlone) return { start, end: this.#absentUntil(start, this.#geometry.limitBytes, 1) };
    const others = [...this.#leases].sort((a, b) => a.lease.start - b.lease.start);
    for (const held of others) if (held.lease.start <= end) end = Math.max(end, held.end);
    return { start, end: this.#absentUntil(start, end, 1) };
  }

  /**
   * The held pieces that lie between those of which bytes are absent, as far as leases go or, for whoever fetches alone, in all of
   * the file; undefined while it is to be seen which are held.
   */
  heldBetween(isAlone: boolean): readonly number[] | undefined {
    const { held } = this.#ledger;
    const { limitBytes } = this.#geometry;
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const { lease, end } of this.#leases) {
      const range = isAlone
        ? { start: 0, end: limitBytes }
        : { start: lease.start, end: Math.min(end, limitBytes) };
      for (const gap of this.#ledger.gaps(range)) {
        first = Math.min(first, this.#geometry.pieceAt(gap.start));
        last = Math.max(last, this.#geometry.pieceAt(gap.end - 1));
      }
      if (isAlone) break;
    }
    const between: number[] = [];
    for (const piece of held) if (piece > first && piece < last) between.push(piece);
    for (const piece of this.#ledger.full) if (piece > first && piece < last) return undefined;
    return between;
  }

  /** Bytes from here on are nobody's business any more: they are looked at again. */
  reopen(offset: number): void {
    for (const held of this.#leases) held.cursor = Math.min(held.cursor, Math.max(held.lease.start, offset));
  }

  /**
   * Drops the leases whose pieces are all held, and tails as soon as their bytes are there: those are returned.
   * `streams`: what is still coming from the origin.
   */
  close(streams: Iterable<Streaming>): readonly Lease[] {
    const tails: Lease[] = [];
    for (const held of this.#leases) {
      const { lease, end } = held;
      if (!this.#isFetched(held, streams)) {
        // What had arrived may have turned out wrong: look for gaps from the start again.
        if (held.fetched) held.cursor = lease.start;
        held.fetched = false;
        continue;
      }
      held.fetched = true;
      const run = { start: this.#geometry.pieceAt(lease.start), end: this.#geometry.pieceAt(end - 1) + 1 };
      if (lease.kind === 'tail') tails.push(lease);
      else if (end > lease.start && this.#ledger.held.firstMissing(run.start, run.end) !== undefined)
        continue;
      this.#leases.drop(lease.lease);
    }
    return tails;
  }

  /** The first byte of a lease that nobody is getting. Moves the lease's cursor past what is settled. */
  #firstAbsent(held: HeldLease): number | undefined {
    const limit = Math.min(held.end, this.#geometry.limitBytes);
    // A revoked lease may end before the place that was reached.
    if (held.cursor >= limit) return undefined;
    const gap = this.#ledger.firstGap({ start: held.cursor, end: limit });
    if (!gap) return undefined;
    held.cursor = gap.start;
    for (const { start, end } of this.#ledger.gaps({ start: held.cursor, end: limit })) {
      for (let offset = start; offset < end; offset = this.#geometry.endOf(this.#geometry.pieceAt(offset))) {
        if (!this.#onLan(this.#geometry.pieceAt(offset))) return offset;
      }
    }
    return undefined;
  }

  #absentUntil(start: number, leaseEnd: number, connections: number): number {
    const geometry = this.#geometry;
    const gap = this.#ledger.firstGap({ start, end: Math.min(leaseEnd, this.#geometry.limitBytes) });
    if (!gap || gap.start !== start) return start;
    // An open-ended stream: the origin sends all there is, and nobody else fetches.
    if (geometry.sizeBytes === undefined) return gap.end;
    const share = start + Math.max(geometry.pieceBytes, Math.ceil((leaseEnd - start) / connections));
    let end = Math.min(geometry.endOf(geometry.pieceAt(start)), gap.end);
    while (end < gap.end && end < share && !this.#onLan(geometry.pieceAt(end))) {
      end = Math.min(geometry.endOf(geometry.pieceAt(end)), gap.end);
    }
    return end;
  }

  /** Whether no byte of a lease is absent or still coming from the origin. */
  #isFetched({ lease, end, cursor, fetched }: HeldLease, streams: Iterable<Streaming>): boolean {
    if (this.#geometry.sizeBytes === undefined) return false;
    for (const stream of streams) {
      if (stream.start < end && stream.end > lease.start && stream.position < stream.end) return false;
    }
    const from = fetched ? lease.start : cursor;
    return end <= from || this.#ledger.firstGap({ start: from, end }) === undefined;
  }
}

interface Streaming extends ByteRange {
  readonly position: number;
}
