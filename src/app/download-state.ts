import type { DragonloadError } from '../core/errors.ts';
import { pieceBytesFor } from '../core/geometry.ts';
import type { RoomId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import type { DownloadView } from '../core/view.ts';
import type { ListedDownload } from '../engine/base/task-picture.ts';
import type {
  DownloadState,
  DownloadStatus,
  ErrorState,
  PieceMap,
  RateHistory,
  ResultState,
} from './state.ts';

/** What is known of a download beside what its task lists. */
export interface DownloadContext {
  readonly room: RoomId | undefined;
  /** What an earlier run had left of it. */
  readonly resumedBytes: number;
  readonly history: RateHistory;
}

/** A download as the faces show it. */
export function downloadState(listed: ListedDownload, context: DownloadContext): DownloadState {
  const { view, result, error } = listed;
  const { room, resumedBytes, history } = context;
  const status = statusOf(listed, room);
  const hasRates = status === 'running' || status === 'checking';
  return {
    id: listed.id,
    download: listed.download,
    room,
    url: listed.url,
    fileName: listed.fileName,
    path: listed.path,
    status,
    error: error === undefined || status === 'done' ? undefined : errorState(error),
    priority: listed.priority,
    limitRate: listed.limitRate,
    sizeBytes: result?.sizeBytes ?? view?.sizeBytes,
    heldBytes: result?.sizeBytes ?? view?.heldBytes ?? 0,
    resumedBytes,
    originBytes: result?.originBytes ?? view?.originBytes ?? 0,
    lanBytes: result?.lanBytes ?? view?.lanBytes ?? 0,
    uploadBytes: view?.uploadBytes ?? 0,
    roomOriginBytes: view?.roomOriginBytes ?? result?.originBytes ?? 0,
    originRate: hasRates ? (view?.originRate ?? 0) : 0,
    lanRate: hasRates ? (view?.lanRate ?? 0) : 0,
    leftMs: hasRates ? view?.leftMs : undefined,
    addedAtMs: listed.addedAtMs,
    startedAtMs: listed.startedAtMs,
    endedAtMs: listed.endedAtMs,
    pieces: view === undefined ? pieceMapOf(result) : pieceMapIn(view),
    history,
    result: result && resultState(result),
  };
}

/** A failure as plain data. */
export function errorState(error: DragonloadError): ErrorState {
  return { ...error.toValue(), next: error.next };
}

/** One that has its turn is as far as its core says. In a room it may have it and wait for those before it. */
function statusOf({ status, view }: ListedDownload, room: RoomId | undefined): DownloadStatus {
  if (status !== 'running') return status;
  if (view === undefined || view.phase === 'waiting') return room === undefined ? 'finding' : 'waiting';
  return view.phase === 'downloading' ? 'running' : view.phase;
}

function resultState({ path, sha256, trust, seconds, aloneSeconds }: Result): ResultState {
  return { path, sha256, trust, seconds, aloneSeconds };
}

function pieceMapIn({ pieceBytes, pieceCount, pieces: runs }: DownloadView): PieceMap {
  return { pieceBytes, pieceCount, runs };
}

/** The pieces of a file of which no core tells: all of one that is done, else none. */
function pieceMapOf(result: Result | undefined): PieceMap {
  if (result === undefined) return NO_PIECES;
  const pieceBytes = pieceBytesFor(result.sizeBytes);
  const pieceCount = Math.ceil(result.sizeBytes / pieceBytes);
  const all = { start: 0, end: pieceCount, kind: 'held', by: undefined } as const;
  return { pieceBytes, pieceCount, runs: pieceCount === 0 ? [] : [all] };
}

const NO_PIECES: PieceMap = { pieceBytes: pieceBytesFor(undefined), pieceCount: undefined, runs: [] };
