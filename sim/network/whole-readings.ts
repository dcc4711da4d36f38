import type { OriginStream } from './origin-stream.ts';
import type { SimMember } from './sim-member.ts';

/** Between transfers the answer is kept for so long, as in `src/origin/transfer/full-body-stream.ts`. */
const KEEP_MS = 10_000;

interface Reading {
  /** The next byte that it brings. */
  readonly position: number;
  /** The stream that is handed bytes of it. */
  readonly user: OriginStream | undefined;
  /** Since when it has had no user. */
  readonly idleMs: number;
  /** What its connection loads: the next stream goes on with that. */
  readonly uses: readonly number[];
}

/**
 * How members get ranges from an origin that gives the file only as a whole: from one answer each, read from its first byte
 * on. Ranges in order cost one reading in all; one that lies before the last costs another.
 */
export class WholeReadings {
  readonly #readings = new Map<SimMember, Reading>();

  /**
   * Gives a stream the reading of its member, and tells it where the bytes begin. `busy`: another one is being handed bytes;
   * `goes-on`: the connection is open already; `begun`: a request has to be made.
   */
  begin(member: SimMember, stream: OriginStream, nowMs: number): 'busy' | 'goes-on' | 'begun' {
    const old = this.#readings.get(member);
    if (old?.user !== undefined) return 'busy';
    const goesOn = old !== undefined && old.position <= stream.start && nowMs - old.idleMs <= KEEP_MS;
    const { position, uses } = goesOn ? old : { position: 0, uses: stream.uses };
    this.#readings.set(member, { position, user: stream, idleMs: nowMs, uses });
    stream.first = position;
    stream.position = position;
    stream.target = position;
    stream.uses = uses;
    return goesOn ? 'goes-on' : 'begun';
  }

  /** The stream has come so far and ends. `isLost`: its connection is gone, and so is the reading. */
  end(stream: OriginStream, position: number, isLost: boolean, nowMs: number): void {
    const reading = this.#readings.get(stream.member);
    if (reading?.user !== stream) return;
    const { uses } = stream;
    if (isLost) this.#readings.delete(stream.member);
    else this.#readings.set(stream.member, { position, user: undefined, idleMs: nowMs, uses });
  }

  /** The connections of the member are gone. What is being handed over is found out by whoever waits for it. */
  drop(member: SimMember): void {
    if (this.#readings.get(member)?.user === undefined) this.#readings.delete(member);
  }

  /** The process is gone. */
  died(member: SimMember): void {
    this.#readings.delete(member);
  }
}
