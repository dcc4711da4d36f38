import type { DownloadState, EngineState, PieceRun } from './state.ts';

/** Whether two pictures of an engine say the same. Cheap where what has not changed is the same object. */
export function sameState(a: Omit<EngineState, 'version'>, b: Omit<EngineState, 'version'>): boolean {
  return (
    a.history === b.history &&
    sameItems(a.downloads, b.downloads) &&
    sameItems(a.notices, b.notices) &&
    sameData(a.queue, b.queue) &&
    sameData(a.settings, b.settings) &&
    sameData(a.rooms, b.rooms)
  );
}

/** Whether two pictures of a download say the same. */
export function sameDownload(a: DownloadState, b: DownloadState): boolean {
  const fields = Object.keys(a) as (keyof DownloadState)[];
  return fields.every((field) => {
    if (a[field] === b[field]) return true;
    if (field === 'pieces') return samePieces(a.pieces, b.pieces);
    return (field === 'error' || field === 'result') && sameData(a[field], b[field]);
  });
}

function samePieces(a: DownloadState['pieces'], b: DownloadState['pieces']): boolean {
  return (
    a.pieceBytes === b.pieceBytes &&
    a.pieceCount === b.pieceCount &&
    a.runs.length === b.runs.length &&
    a.runs.every((run, index) => sameRun(run, b.runs[index]!))
  );
}

function sameRun(a: PieceRun, b: PieceRun): boolean {
  return a.start === b.start && a.end === b.end && a.kind === b.kind && a.by === b.by;
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}

/** For small data that is built anew each time, in the same way. */
function sameData(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
