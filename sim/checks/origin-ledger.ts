import { Extent } from '../network/content.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';
import { faultNames } from '../scenario/faults.ts';

/** Half a lease or so is fetched again when a silent member comes back before it hears that it was taken away. */
const OVERLAP_MS = 1000;
/** A parted room may fetch twice; the parts meet again this long after it is healed. */
const MEETING_MS = 8000;
/** DESIGN.md: duplicates stay within 2 % of the file. */
const SHARE = 0.02;

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

  /** The most that may be fetched twice, in bytes: 2 % of the file or one piece, and what the faults explain. */
  get budgetBytes(): number {
    const { scenario, members, geometry, origin } = this.#world;
    const { faults, file } = scenario;
    const piece = geometry.pieceBytes;
    const connections = (index: number): number => scenario.members[index]!.maxConnections;
    const all = members.reduce((sum, member) => sum + connections(member.index), 0);
    let bytes = Math.max(SHARE * file.sizeBytes, piece) + origin.brokenStreams * piece;
    for (const { member } of [...(faults.stall ?? []), ...(faults.slow ?? [])]) {
      bytes += connections(member) * piece + (scenario.members[member]!.wanRate * OVERLAP_MS) / 1000;
    }
    const ofOrigin = [
      ...(faults.originBusy ?? []),
      ...(faults.originBroken ?? []),
      ...(faults.originSlow ?? []),
      ...(faults.originCrawl ?? []),
      ...(faults.connectionCrawl ?? []),
      ...(faults.linkExpired ?? []),
      ...(faults.networkChanged ?? []),
      ...(faults.mirrors ?? []),
    ];
    bytes += ofOrigin.length * all * piece;
    const departures = [...(faults.kill ?? []), ...(faults.killCoordinator ?? []), ...(faults.leave ?? [])];
    bytes += departures.length * all * piece + (faults.join ?? []).length * piece;
    // Two members that can only dial out never meet: with their coordinator gone each may lead a room of its own.
    const unreachable = scenario.members.filter((member) => member.firewalled).length;
    if (unreachable > 1 && departures.length > 0) bytes += 0.5 * file.sizeBytes;
    // What a fast link fetched comes slowly over a slow uplink: then links that have nothing to do fetch it again.
    const strangled = scenario.members.some(
      (member) => member.upRate < (members.length - 1) * member.wanRate,
    );
    if (strangled) bytes += Math.max(0.5 * file.sizeBytes, this.#worthwhileBytes);
    if (faults.wrongPieces !== undefined) bytes += 2 * file.sizeBytes * members.length;
    if (faults.corrupt !== undefined) bytes += all * piece;
    if (faults.loseMessages !== undefined) bytes += 0.25 * file.sizeBytes;
    if (!file.ranges && faultNames(faults).length > 0) bytes = Number.POSITIVE_INFINITY;
    return bytes;
  }

  /** What all links bring beyond one copy of the file in the time that it takes when the uplinks are what all wait for. */
  get #worthwhileBytes(): number {
    const { file, origin, members } = this.#world.scenario;
    const sum = (rates: readonly number[]): number => rates.reduce((total, rate) => total + rate, 0);
    const wan = Math.min(origin.rate, sum(members.map(({ wanRate, canFetch }) => (canFetch ? wanRate : 0))));
    const up = sum(members.map(({ upRate }) => upRate));
    return (wan * members.length * file.sizeBytes) / (wan + up) - file.sizeBytes;
  }

  check(fail: (message: string) => never): void {
    if (this.duplicateBytes <= this.budgetBytes) return;
    const share = (100 * this.duplicateBytes) / this.#world.scenario.file.sizeBytes;
    fail(`${share.toFixed(1)} % of the file was fetched twice; ${Math.round(this.budgetBytes)} bytes may be`);
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
