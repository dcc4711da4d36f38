import { Extent } from '../network/content.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';

/** A parted room may fetch twice; the parts meet again this long after it is healed. */
const MEETING_MS = 8000;

/**
 * Counts the bytes that were fetched from the origin although somebody in reach had them. Bytes that died with a
 * member, that stand still with it, or that only a liar has, may be fetched again.
 */
export class OriginLedger {
  duplicateBytes = 0;
  readonly #world: Transports;
  /** What honest members in reach have, for each piece. */
  #available: Extent[] = [];

  constructor(world: Transports) {
    this.#world = world;
  }

  note(member: SimMember, start: number, end: number): void {
    if (member.corruptShare > 0 || member.lost) return;
    const { geometry } = this.#world;
    for (let at = start; at < end; ) {
      const piece = geometry.pieceAt(at);
      const stop = Math.min(end, geometry.endOf(piece));
      const extent = this.#extent(piece);
      const twice = this.#isParted() ? 0 : extent.coveredBytes(at, stop);
      if (twice > 0) this.#world.note(member, `fetches ${twice} bytes of piece ${piece} again`);
      this.duplicateBytes += twice;
      extent.write(at, stop, '', true);
      at = stop;
    }
  }

  /** Looks again at who has what: somebody came, went, stalled or moves again. */
  rebuild(): void {
    this.#available = [];
    for (const member of this.#world.members) {
      if (!member.core || member.stalled || member.corruptShare > 0) continue;
      for (const piece of member.disk.pieces) {
        for (const { start, end } of member.disk.extent(piece).segments)
          this.#extent(piece).write(start, end, '', true);
      }
    }
  }

  #isParted(): boolean {
    const { clock, scenario } = this.#world;
    return (scenario.faults.partition ?? []).some(({ atMs, forMs }) => {
      return clock.nowMs >= atMs && clock.nowMs <= atMs + forMs + MEETING_MS;
    });
  }

  #extent(piece: number): Extent {
    const extent = this.#available[piece] ?? new Extent();
    this.#available[piece] = extent;
    return extent;
  }
}
