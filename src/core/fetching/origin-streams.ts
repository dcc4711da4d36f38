import type { OriginEnded, OriginOutcome } from '../contract.ts';
import type { SideOptions } from '../download/side-options.ts';
import type { Ledger } from '../ledger.ts';
import type { ByteRange } from '../ranges.ts';
import { type SlowStream, SlowStreamWatch } from './hedging.ts';
import { splitLast } from './splitting.ts';
import { StreamPace } from './stream-pace.ts';

export interface OriginStream {
  readonly id: number;
  readonly start: number;
  end: number;
  /** Where its next byte goes. */
  position: number;
  readonly openedMs: number;
  /** When it last brought anything. */
  movedMs: number;
  /** Its end has been asked for. */
  stopping: boolean;
  /** It was asked for before something new about the origin became known. */
  isOutdated: boolean;
}

export interface OriginStreamsOptions extends SideOptions {
  /** False: the origin sends the file only as a whole, from its first byte. */
  readonly ranges: boolean;
  /** Bytes were claimed for a stream, or a stream gave some up. */
  readonly changed: (range: ByteRange) => void;
}

/** The requests that run at the origin. Each has a claim in the ledger for exactly the bytes that it has still to bring. */
export class OriginStreams {
  readonly #options: OriginStreamsOptions;
  readonly #ledger: Ledger;
  readonly #streams = new Map<number, OriginStream>();
  readonly #pace = new StreamPace();
  #hedging: SlowStreamWatch;

  constructor(options: OriginStreamsOptions) {
    this.#options = options;
    this.#ledger = options.ledger;
    this.#hedging = new SlowStreamWatch(this.#pace, options.ranges);
  }

  /** Those that are being stopped count until they have ended. */
  get size(): number {
    return this.#streams.size;
  }

  /** How long a request takes to its first byte, in milliseconds. */
  get setupMs(): number {
    return this.#pace.setupMs;
  }

  /** When to look for crawlers next; undefined while there is nothing to look at. */
  get lookAtMs(): number | undefined {
    for (const { stopping } of this.#streams.values()) if (!stopping) return this.#hedging.lookAtMs;
    return undefined;
  }

  /** Whether the origin serves parts is another matter than it was. */
  rangesChanged(ranges: boolean): void {
    this.#hedging = new SlowStreamWatch(this.#pace, ranges);
  }

  /** Bytes that are still to come. */
  get leftBytes(): number {
    let left = 0;
    for (const stream of this.#streams.values()) left += stream.end - stream.position;
    return left;
  }

  [Symbol.iterator](): IterableIterator<OriginStream> {
    return this.#streams.values();
  }

  /** Asks for bytes, all of them absent. */
  open({ start, end }: ByteRange, nowMs: number): void {
    const id = this.#options.nextWriter();
    this.#ledger.claim(id, { start, end }, 'origin');
    this.#options.changed({ start, end });
    const state = { position: start, openedMs: nowMs, movedMs: nowMs, stopping: false, isOutdated: false };
    const stream = { id, start, end, ...state };
    this.#streams.set(id, stream);
    this.#pace.opened(stream);
    const to = this.#ledger.geometry.sizeBytes === undefined ? undefined : end;
    this.#options.emit({ type: 'fetch', download: this.#options.download, stream: id, start, end: to });
  }

  /** The next bytes of a stream are on disk. Returns the pieces that became full. */
  moved(id: number, range: ByteRange, nowMs: number): readonly number[] {
    const stream = this.#streams.get(id);
    const end = Math.min(range.end, stream?.end ?? 0);
    if (!stream || end <= range.start) return [];
    stream.position = end;
    stream.movedMs = nowMs;
    this.#pace.moved(stream, nowMs);
    return this.#ledger.fill(id, { start: range.start, end });
  }

  /** Forgets a stream that has ended, and returns it as it stood. */
  ended(event: OriginEnded, nowMs: number): OriginStream | undefined {
    const stream = this.#streams.get(event.stream);
    if (!stream) return undefined;
    this.#streams.delete(stream.id);
    this.#pace.ended(stream, nowMs);
    this.#ledger.release(stream.id);
    // The piece in which it stood counts too: a fragment of it may have been given up meanwhile.
    this.#options.changed({ start: Math.max(stream.start, stream.position - 1), end: stream.end });
    return stream;
  }

  /** Lets a stream end earlier; never later. */
  trim(stream: OriginStream, end: number): void {
    if (end >= stream.end) return;
    const lost = { start: Math.max(end, stream.position), end: stream.end };
    stream.end = lost.start;
    this.#ledger.trim(stream.id, lost.start);
    this.#options.changed(lost);
    this.#options.emit({
      type: 'trim',
      download: this.#options.download,
      stream: stream.id,
      end: stream.end,
    });
  }

  /** Ends a stream; its bytes stay claimed until it has ended. */
  stop(stream: OriginStream): void {
    if (stream.stopping) return;
    stream.stopping = true;
    this.#options.emit({ type: 'stop-fetch', download: this.#options.download, stream: stream.id });
  }

  stopAll(): void {
    for (const stream of this.#streams.values()) this.stop(stream);
  }

  /** There is something new about the origin: what it says to the streams that are open now is about the past. */
  outdate(): void {
    for (const stream of this.#streams.values()) stream.isOutdated = true;
  }

  /** No stream goes past the end of the file. */
  sizeKnown(sizeBytes: number): void {
    for (const stream of this.#streams.values()) stream.end = Math.min(stream.end, sizeBytes);
  }

  /** Stops the streams that crawl while others move: what they leave is asked for again. Returns which. */
  stopCrawlers(nowMs: number): readonly SlowStream[] {
    const crawlers = this.#hedging.look(this.#streams.values(), nowMs);
    for (const { id } of crawlers) this.stop(this.#streams.get(id)!);
    return crawlers;
  }

  /** Takes the back part from the stream that would end last, for one of `spare` idle connections; undefined if that is no gain. */
  split(spare: number, wholePieces: boolean, nowMs: number): ByteRange | undefined {
    const { pieceBytes } = this.#ledger.geometry;
    const options = { spare, pieceBytes, wholePieces };
    const cut = splitLast(this.#pace, [...this.#streams.values()], options, nowMs);
    if (!cut) return undefined;
    const stream = this.#streams.get(cut.id)!;
    const { end } = stream;
    this.trim(stream, cut.at);
    return { start: cut.at, end };
  }
}

/** How a stream ended, for what is to be made of it. */
export function outcomeOf({ outcome }: OriginEnded, stream: OriginStream): OriginOutcome {
  // What the origin says to a stream that was being stopped was said about the past, but for the wish to be left alone.
  if (stream.stopping && outcome !== 'busy') return 'stopped';
  const isVerdict = outcome === 'expired' || outcome === 'refused' || outcome === 'rangeless';
  if (stream.isOutdated && isVerdict) return 'stopped';
  // An end before the end of the range is no end, whatever the origin calls it: it must not be asked again at once.
  return outcome === 'complete' && stream.position < stream.end ? 'broken' : outcome;
}
