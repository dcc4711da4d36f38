import type { LeaseTable } from './lease-table.ts';
import { isOpen, type Live, leftBytes } from './seat.ts';
import { fairShare } from './sizing.ts';
import { leftSeconds, type Standing } from './standing.ts';

/** Gains below this are not worth the messages. */
const MIN_GAIN_SECONDS = 0.15;
/** What a helper needs before its first byte of a tail arrives, and to hand the tail over. */
const HANDOVER_SECONDS = 0.05;
const MIN_TAIL_BYTES = 16 * 1024;
/** Duplicates stay within this share of the file, but one piece is always allowed. */
const DUPLICATE_SHARE = 0.02;
/** Reports take a moment: this much may have been begun beyond what is known. */
const REPORT_LAG_SECONDS = 0.3;
/** Connections beyond the first that may have begun a piece each, if the member fetches a piece within a second. */
const OTHER_CONNECTIONS = 3;
/** How many pieces from the back are looked at for one without a tail. */
const TAIL_CANDIDATES = 16;
/** A piece is taken from a member altogether when that brings it in so many times sooner. */
const RESCUE_FACTOR = 3;
const RESCUE_SECONDS = 5;

/**
 * Nothing is free and `thief` has nothing to do: takes over work of the member that would end last, so that both end
 * together. Whole pieces that have not been begun if there are any, else the tail of a piece that is being fetched.
 * False when nothing is worth taking.
 */
export function steal(
  table: LeaseTable,
  thief: Standing,
  field: readonly Standing[],
  nowMs: number,
): boolean {
  const victims = field
    .filter(
      (other) => other !== thief && other.seat.leases.some((live) => live.kind === 'run' && isOpen(live)),
    )
    .sort((a, b) => leftSeconds(b) - leftSeconds(a));
  for (const victim of victims) {
    if (leftSeconds(victim) - leftSeconds(thief) < MIN_GAIN_SECONDS) return false;
    if (victim.seat.parole === undefined && stealPieces(table, thief, victim, nowMs)) return true;
    if (thief.seat.parole !== undefined) continue;
    if (victim.seat.parole !== undefined && rescue(table, thief, victim, nowMs)) return true;
    if (grantTail(table, thief, victim, nowMs) || rescue(table, thief, victim, nowMs)) return true;
  }
  return false;
}

function stealPieces(table: LeaseTable, thief: Standing, victim: Standing, nowMs: number): boolean {
  const board = table.board!;
  const { pieceBytes } = table.geometry;
  const found = lastUnbegun(victim, pieceBytes);
  if (found === undefined) return false;
  const { live, unbegunBytes } = found;
  const share = thief.seat.parole === undefined ? fairShare(victim, thief) : pieceBytes;
  // Half a piece too much is better than half a piece too little, but a single one must pay.
  let want = share + pieceBytes / 2;
  if (
    want < pieceBytes &&
    (thief.leftBytes + pieceBytes) / thief.rate + MIN_GAIN_SECONDS < leftSeconds(victim)
  )
    want = pieceBytes;
  want = Math.min(want, unbegunBytes);
  let from = live.run.end;
  let bytes = 0;
  let begin: number | undefined;
  while (from > live.run.start) {
    from -= 1;
    if (board.isHeld(from)) continue;
    bytes += table.geometry.bytesOf(from);
    if (bytes > want) break;
    begin = from;
  }
  if (begin === undefined) return false;
  const end = live.run.end;
  table.cut(live, table.geometry.startOf(begin));
  give(table, thief, victim, begin, end - begin, nowMs);
  return true;
}

/** The member's last lease with pieces that it cannot have begun, and how many bytes these have. */
function lastUnbegun(victim: Standing, pieceBytes: number): { live: Live; unbegunBytes: number } | undefined {
  const { rate } = victim;
  const besides = Math.min(OTHER_CONNECTIONS, Math.floor(rate / pieceBytes)) * pieceBytes;
  let begunBytes = rate * REPORT_LAG_SECONDS + besides;
  let found: { live: Live; unbegunBytes: number } | undefined;
  for (const live of victim.seat.leases) {
    if (live.kind !== 'run' || !isOpen(live)) continue;
    const left = leftBytes(live, pieceBytes, rate);
    if (left > begunBytes) found = { live, unbegunBytes: left - begunBytes };
    begunBytes = Math.max(0, begunBytes - left);
  }
  return found;
}

function grantTail(table: LeaseTable, thief: Standing, victim: Standing, nowMs: number): boolean {
  const { geometry } = table;
  const candidate = tailCandidate(table, victim);
  if (candidate === undefined) return false;
  const { live, piece, unheld } = candidate;
  const budget = Math.max(geometry.pieceBytes, geometry.sizeBytes! * DUPLICATE_SHARE) - table.duplicateBytes;
  const busyBytes = thief.leftBytes + HANDOVER_SECONDS * thief.rate;
  const share = fairShare(victim, { leftBytes: busyBytes, rate: thief.rate });
  // With several pieces in flight each is done in part: what one of them still lacks on average is all that helps.
  const lackingBytes = Math.ceil(victim.leftBytes / unheld);
  const bytes = Math.floor(Math.min(share, lackingBytes, geometry.bytesOf(piece) - 1, budget));
  if (bytes < MIN_TAIL_BYTES || bytes / victim.rate < MIN_GAIN_SECONDS) return false;
  table.grantTail(thief.seat, live, piece, geometry.endOf(piece) - bytes, nowMs);
  thief.leftBytes += bytes;
  thief.room -= 1;
  victim.leftBytes -= bytes;
  return true;
}

/** The victim's last piece that nobody helps with, and how many pieces without a tail it has in hand. */
function tailCandidate(
  table: LeaseTable,
  victim: Standing,
): { live: Live; piece: number; unheld: number } | undefined {
  let looked = 0;
  let found: { live: Live; piece: number } | undefined;
  let unheld = 0;
  for (const live of victim.seat.leases.toReversed()) {
    if (live.kind !== 'run' || !isOpen(live)) continue;
    for (let piece = live.run.end - 1; piece >= live.run.start && looked < TAIL_CANDIDATES; piece -= 1) {
      if (table.board!.isHeld(piece)) continue;
      looked += 1;
      if (table.hasTail(piece)) continue;
      unheld += 1;
      found ??= { live, piece };
    }
  }
  return found && { ...found, unheld };
}

/** Too slow for a tail to help: the piece changes hands, and what the victim has of it is lost. */
function rescue(table: LeaseTable, thief: Standing, victim: Standing, nowMs: number): boolean {
  const live = victim.seat.leases.findLast((lease) => lease.kind === 'run' && isOpen(lease));
  const piece = live && table.board!.lastUnheld(live.run);
  if (live === undefined || piece === undefined) return false;
  const seconds = (thief.leftBytes + table.geometry.bytesOf(piece)) / thief.rate;
  // A member on parole has shown nothing since it stalled.
  if (
    victim.seat.parole === undefined &&
    leftSeconds(victim) < Math.max(RESCUE_SECONDS, RESCUE_FACTOR * seconds)
  ) {
    return false;
  }
  table.cut(live, table.geometry.startOf(piece));
  give(table, thief, victim, piece, 1, nowMs);
  return true;
}

function give(
  table: LeaseTable,
  thief: Standing,
  victim: Standing,
  from: number,
  limit: number,
  nowMs: number,
): void {
  const run = table.board!.freeRun(from, limit);
  if (run === undefined) return;
  const live = table.grantRun(thief.seat, run, nowMs);
  thief.room -= 1;
  thief.leftBytes += live.end - live.start;
  victim.leftBytes -= Math.min(victim.leftBytes, live.end - live.start);
}
