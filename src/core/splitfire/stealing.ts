import type { LeaseTable } from './lease-table.ts';
import { isOpen, leftBytes, type PlannedLease } from './member-plan.ts';
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
 * Nothing is free and `taker` has nothing to do: takes over work of the member that would end last, so that both end
 * together. Whole pieces that have not been begun if there are any, else the tail of a piece that is being fetched.
 * False when nothing is worth taking.
 */
export function steal(
  table: LeaseTable,
  taker: Standing,
  field: readonly Standing[],
  nowMs: number,
): boolean {
  const owners = field
    .filter(
      (other) => other !== taker && other.plan.leases.some((live) => live.kind === 'run' && isOpen(live)),
    )
    .sort((a, b) => leftSeconds(b) - leftSeconds(a));
  for (const owner of owners) {
    if (leftSeconds(owner) - leftSeconds(taker) < MIN_GAIN_SECONDS) return false;
    if (owner.plan.probation === undefined && stealPieces(table, taker, owner, nowMs)) return true;
    if (taker.plan.probation !== undefined) continue;
    if (owner.plan.probation !== undefined && rescue(table, taker, owner, nowMs)) return true;
    if (grantTail(table, taker, owner, nowMs) || rescue(table, taker, owner, nowMs)) return true;
  }
  return false;
}

function stealPieces(table: LeaseTable, taker: Standing, owner: Standing, nowMs: number): boolean {
  const board = table.board!;
  const { pieceBytes } = table.geometry;
  const found = lastUnbegun(owner, pieceBytes);
  if (found === undefined) return false;
  const { live, unbegunBytes } = found;
  const share = taker.plan.probation === undefined ? fairShare(owner, taker) : pieceBytes;
  // Half a piece too much is better than half a piece too little, but a single one must pay.
  let want = share + pieceBytes / 2;
  if (
    want < pieceBytes &&
    (taker.leftBytes + pieceBytes) / taker.rate + MIN_GAIN_SECONDS < leftSeconds(owner)
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
  give(table, taker, owner, begin, end - begin, nowMs);
  return true;
}

/** The member's last lease with pieces that it cannot have begun, and how many bytes these have. */
function lastUnbegun(
  owner: Standing,
  pieceBytes: number,
): { live: PlannedLease; unbegunBytes: number } | undefined {
  const { rate } = owner;
  const besides = Math.min(OTHER_CONNECTIONS, Math.floor(rate / pieceBytes)) * pieceBytes;
  let begunBytes = rate * REPORT_LAG_SECONDS + besides;
  let found: { live: PlannedLease; unbegunBytes: number } | undefined;
  for (const live of owner.plan.leases) {
    if (live.kind !== 'run' || !isOpen(live)) continue;
    const left = leftBytes(live, pieceBytes, rate);
    if (left > begunBytes) found = { live, unbegunBytes: left - begunBytes };
    begunBytes = Math.max(0, begunBytes - left);
  }
  return found;
}

function grantTail(table: LeaseTable, taker: Standing, owner: Standing, nowMs: number): boolean {
  const { geometry } = table;
  const candidate = tailCandidate(table, owner);
  if (candidate === undefined) return false;
  const { live, piece, unheld } = candidate;
  const budget = Math.max(geometry.pieceBytes, geometry.sizeBytes! * DUPLICATE_SHARE) - table.duplicateBytes;
  const busyBytes = taker.leftBytes + HANDOVER_SECONDS * taker.rate;
  const share = fairShare(owner, { leftBytes: busyBytes, rate: taker.rate });
  // With several pieces in flight each is done in part: what one of them still lacks on average is all that helps.
  const lackingBytes = Math.ceil(owner.leftBytes / unheld);
  const bytes = Math.floor(Math.min(share, lackingBytes, geometry.bytesOf(piece) - 1, budget));
  if (bytes < MIN_TAIL_BYTES || bytes / owner.rate < MIN_GAIN_SECONDS) return false;
  table.grantTail(taker.plan, live, piece, geometry.endOf(piece) - bytes, nowMs);
  taker.leftBytes += bytes;
  taker.room -= 1;
  owner.leftBytes -= bytes;
  return true;
}

/** The owner's last piece that nobody helps with, and how many pieces without a tail it has in hand. */
function tailCandidate(
  table: LeaseTable,
  owner: Standing,
): { live: PlannedLease; piece: number; unheld: number } | undefined {
  let looked = 0;
  let found: { live: PlannedLease; piece: number } | undefined;
  let unheld = 0;
  for (const live of owner.plan.leases.toReversed()) {
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

/** Too slow for a tail to help: the piece changes hands, and what the owner has of it is lost. */
function rescue(table: LeaseTable, taker: Standing, owner: Standing, nowMs: number): boolean {
  const live = owner.plan.leases.findLast((lease) => lease.kind === 'run' && isOpen(lease));
  const piece = live && table.board!.lastUnheld(live.run);
  if (live === undefined || piece === undefined) return false;
  const seconds = (taker.leftBytes + table.geometry.bytesOf(piece)) / taker.rate;
  // A member on parole has shown nothing since it stalled.
  if (
    owner.plan.probation === undefined &&
    leftSeconds(owner) < Math.max(RESCUE_SECONDS, RESCUE_FACTOR * seconds)
  ) {
    return false;
  }
  table.cut(live, table.geometry.startOf(piece));
  give(table, taker, owner, piece, 1, nowMs);
  return true;
}

function give(
  table: LeaseTable,
  taker: Standing,
  owner: Standing,
  from: number,
  limit: number,
  nowMs: number,
): void {
  const run = table.board!.freeRun(from, limit);
  if (run === undefined) return;
  const live = table.grantRun(taker.plan, run, nowMs);
  taker.room -= 1;
  taker.leftBytes += live.end - live.start;
  owner.leftBytes -= Math.min(owner.leftBytes, live.end - live.start);
}
