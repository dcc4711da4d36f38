import type { DownloadState } from '../download/download-state.ts';
import type { MemberId } from '../ids.ts';
import type { PieceRun } from '../view.ts';

/**
 * The pieces of a download as the fewest runs, ascending; pieces in no run are missing. None while the size is unknown,
 * since a map cannot be drawn then. Alone nobody else can have fetched a piece, so that nobody is named. One pass over the pieces, meant to be made several times a second.
 */
export function pieceRuns(
  { ledger, geometry, knowledge }: DownloadState,
  { isAlone = false }: { readonly isAlone?: boolean } = {},
): readonly PieceRun[] {
  const { pieceCount, pieceBytes, limitBytes } = geometry;
  const runs: { start: number; end: number; kind: PieceRun['kind']; by: MemberId | undefined }[] = [];
  if (pieceCount === undefined) return runs;

  let last: (typeof runs)[number] | undefined;
  const add = (piece: number, kind: PieceRun['kind'], by: MemberId | undefined): void => {
    if (last !== undefined && last.end === piece && last.kind === kind && last.by === by) {
      last.end++;
    } else {
      last = { start: piece, end: piece + 1, kind, by };
      runs.push(last);
    }
  };
  const addPresent = (start: number, end: number): void => {
    for (let piece = start; piece < end; piece++) {
      if (ledger.held.has(piece)) add(piece, 'held', isAlone ? undefined : knowledge.record(piece)?.signer);
      else add(piece, 'active', undefined);
    }
  };

  let next = 0;
  for (const gap of ledger.gaps({ start: 0, end: limitBytes })) {
    // The pieces that have absent bytes alone. The last one is whole where the file ends.
    const first = Math.ceil(gap.start / pieceBytes);
    const past = gap.end === limitBytes ? pieceCount : geometry.pieceAt(gap.end);
    if (first >= past) continue;
    addPresent(next, first);
    for (let piece = first; piece < past; piece++) {
      if (knowledge.availability.count(piece) > 0) add(piece, 'peer', undefined);
    }
    next = past;
  }
  addPresent(next, pieceCount);
  return runs;
}
