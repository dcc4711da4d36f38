import type { Racer, StreamPace } from './stream-pace.ts';

/** A gain below this is not worth a request. */
const MIN_GAIN_MS = 50;
/** What is cut off is not shorter than this while there is more. */
const MIN_PART_BYTES = 16 * 1024;
/** Among members pieces are cut at their borders, and the gain has to be larger. */
const MIN_PIECES_GAIN_MS = 100;
/** A whole piece is worth this much waiting: a stream then ends where pieces do. */
const ALIGNMENT_MS = 50;
/** A stream is judged by what it brought in this time, and by the shorter one if so many bytes were to be expected in it. */
const WINDOW_MS = 1_500;
const SHORT_WINDOW_MS = 300;
const SHORT_WINDOW_BYTES = 192 * 1024;
/** Below this share of what is usual a stream crawls, and is cut anywhere. */
const CRAWL_SHARE = 0.3;

export interface SplitOptions {
  /** Connections that have nothing to do. */
  readonly spare: number;
  readonly pieceBytes: number;
  /** Cut only where a piece begins, unless the stream crawls. */
  readonly wholePieces: boolean;
}

/**
 * Where to cut the stream that would end last, when connections have nothing to do: what is behind that is for one of
 * them, so that all end together. Undefined when that brings nothing.
 */
export function splitLast(
  pace: StreamPace,
  streams: readonly Racer[],
  { spare, pieceBytes, wholePieces }: SplitOptions,
  nowMs: number,
): { readonly id: number; readonly at: number } | undefined {
  const usual = pace.usualRate(streams, undefined, WINDOW_MS, nowMs);
  if (usual === undefined || spare < 1) return undefined;
  const { setupMs } = pace;
  let work = 0;
  let rates = 0;
  let last: { readonly stream: Racer; readonly rate: number; readonly leftMs: number } | undefined;
  for (const stream of streams) {
    const left = stream.end - stream.position;
    if (stream.stopping || left <= 0) continue;
    const waitMs = pace.hasBegun(stream) ? 0 : Math.max(0, setupMs - (nowMs - stream.openedMs));
    const rate = presentRate(pace, stream, usual, nowMs);
    work += left + (rate * waitMs) / 1_000;
    rates += rate;
    const leftMs = waitMs + (rate > 0 ? (left / rate) * 1_000 : Number.POSITIVE_INFINITY);
    if (last === undefined || leftMs > last.leftMs) last = { stream, rate, leftMs };
  }
  if (last === undefined) return undefined;
  // When all would end together.
  const idle = spare * usual;
  const endMs = ((work + (idle * setupMs) / 1_000) / (rates + idle)) * 1_000;
  if (last.leftMs - endMs < (wholePieces ? MIN_PIECES_GAIN_MS : MIN_GAIN_MS)) return undefined;
  const { stream, rate } = last;
  const excess = stream.end - stream.position - (rate * endMs) / 1_000;
  const share = Math.max(MIN_PART_BYTES, ((endMs - setupMs) / 1_000) * usual);
  const bytes = Math.floor(Math.min(excess, share));
  if (bytes < 1) return undefined;
  const at = stream.end - bytes;
  const border = Math.round(at / pieceBytes) * pieceBytes;
  const fits = border > stream.position && stream.end - border >= MIN_PART_BYTES;
  if (wholePieces && rate >= usual * CRAWL_SHARE) return fits ? { id: stream.id, at: border } : undefined;
  const isNear = Math.abs(border - at) * 1_000 <= rate * ALIGNMENT_MS;
  return { id: stream.id, at: fits && isNear ? border : at };
}

/** What a stream brings now, looked at darkly: to share its rest without need costs a request and no more. */
function presentRate(pace: StreamPace, stream: Racer, usual: number, nowMs: number): number {
  const rate = pace.rateOf(stream, WINDOW_MS, nowMs) ?? usual;
  if ((usual * SHORT_WINDOW_MS) / 1_000 < SHORT_WINDOW_BYTES) return rate;
  return Math.min(rate, pace.rateOf(stream, SHORT_WINDOW_MS, nowMs) ?? usual);
}
