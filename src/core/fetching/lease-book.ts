import type { Geometry } from '../geometry.ts';
import type { Lease, LeaseReport } from '../messages.ts';
import type { ByteRange } from '../ranges.ts';

/** Leases of one download that a member keeps at most; a coordinator that grants more is not listened to. */
const MAX_LEASES = 64;
/** Leases that this member gave itself are numbered up from here; the coordinator does not know of them. */
export const OWN_LEASES = 2 ** 52;
/** Leases that should be in hand, so that the connections never run dry between two of them. */
const LEASES_IN_HAND = 2;

export interface HeldLease {
  readonly lease: Lease;
  /** Where the lease ends now; revoking lowers it. */
  end: number;
  /** All bytes before this one are on disk or somebody else's business: where to go on looking for work. */
  cursor: number;
  /** All bytes have arrived; what remains is to hash and keep the pieces. */
  fetched: boolean;
}

/** The leases that the coordinator gave this member for one download, oldest first. */
export class LeaseBook {
  readonly #leases = new Map<number, HeldLease>();
  #seen = 0;

  get seen(): number {
    return this.#seen;
  }

  /** How many further leases this member would take. */
  get wants(): number {
    let unfetched = 0;
    for (const held of this.#leases.values()) if (!held.fetched) unfetched++;
    return Math.max(0, LEASES_IN_HAND - unfetched);
  }

  /** Whether nothing is left to fetch. */
  get isFetched(): boolean {
    for (const held of this.#leases.values()) if (!held.fetched) return false;
    return true;
  }

  get size(): number {
    return this.#leases.size;
  }

  [Symbol.iterator](): IterableIterator<HeldLease> {
    return this.#leases.values();
  }

  /** Takes a lease on; false when it is known already or there are too many. */
  grant(lease: Lease): boolean {
    if (lease.lease < OWN_LEASES) this.#seen = Math.max(this.#seen, lease.lease);
    if (this.#leases.has(lease.lease)) return false;
    if (lease.lease < OWN_LEASES && this.#leases.size >= MAX_LEASES) return false;
    this.#leases.set(lease.lease, {
      lease,
      end: lease.end,
      cursor: lease.start,

      fetched: false,
    });
    return true;
  }

  /** Lowers the end of a lease; at or before its start the lease is dropped. Returns it if it was known. */
  revoke(id: number, end: number): HeldLease | undefined {
    const held = this.#leases.get(id);
    if (!held) return undefined;
    held.end = Math.min(held.end, end);
    if (held.end <= held.lease.start) this.#leases.delete(id);
    return held;
  }

  drop(id: number): void {
    this.#leases.delete(id);
  }

  clear(): void {
    this.#leases.clear();
  }

  /** The oldest lease that covers the byte at `offset`. */
  at(offset: number): HeldLease | undefined {
    for (const held of this.#leases.values()) {
      if (offset >= held.lease.start && offset < held.end) return held;
    }
    return undefined;
  }

  /** Those that the coordinator gave. `filledIn` tells how many bytes of a range have arrived. */
  reports(filledIn: (range: ByteRange) => number): readonly LeaseReport[] {
    const given = [...this.#leases.values()].filter(({ lease }) => lease.lease < OWN_LEASES);
    return given.map(({ lease: { lease, start }, end }) => {
      return { lease, start, end, receivedBytes: filledIn({ start, end }) };
    });
  }
}

/**
 * A lease as far as it is of bytes that can be leased: whole pieces, or the end of one piece. Undefined when nothing of
 * it is. A coordinator is another member, and may say anything.
 */
export function soundLease(lease: Lease, geometry: Geometry): Lease | undefined {
  const { lease: id, kind, start } = lease;
  const end = Math.min(lease.end, geometry.limitBytes);
  if (![id, start, end].every((value) => Number.isSafeInteger(value) && value >= 0) || start >= end)
    return undefined;
  const piece = geometry.pieceAt(start);
  const last = geometry.pieceAt(end - 1);
  if (end !== geometry.endOf(last) || (kind === 'run' ? start !== geometry.startOf(piece) : last !== piece))
    return undefined;
  return { ...lease, end };
}
