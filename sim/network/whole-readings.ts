import { type OriginStream, STALL_MS } from './origin-stream.ts';
import type { SimMember } from './sim-member.ts';

/** Between transfers the answer is kept for so long, as in `src/origin/transfer/full-body-stream.ts`. */
const KEEP_MS = 10_000;

interface Reading {
  /** The next byte that it brings. */
  readonly position: number;
  /** The stream that is handed bytes of it. */
  readonly user: OriginStream | undefined;
  /** When its user began, or since when it has had none. */
  readonly idleMs: number;
  /** For how long it has been wanted and has brought nothing. */
  readonly stuckMs: number;
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
    const isAlive = old !== undefined && nowMs - old.idleMs <= KEEP_MS && old.stuckMs < STALL_MS;
    const goesOn = isAlive && old.position <= stream.start;
    const { position, uses, stuckMs } = goesOn ? old : { position: 0, uses: stream.uses, stuckMs: 0 };
    this.#readings.set(member, { position, user: stream, idleMs: nowMs, uses, stuckMs });
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
    if (isLost) return this.forget(stream.member);
    const { member, uses } = stream;
    const stuckMs = position > reading.position ? 0 : reading.stuckMs + nowMs - reading.idleMs;
    this.#readings.set(member, { position, user: undefined, idleMs: nowMs, uses, stuckMs });
  }

  /** The connections of the member are gone. What is being handed over is found out by whoever waits for it. */
  dropIdle(member: SimMember): void {
    if (this.#readings.get(member)?.user === undefined) this.forget(member);
  }

  /** There is no reading of the member any more. */
  forget(member: SimMember): void {
    this.#readings.delete(member);
  }
}
