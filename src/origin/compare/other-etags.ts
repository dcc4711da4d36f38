import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { randomBlocks } from '../../core/block-samples.ts';
import type { Comparison } from '../../core/file-identity.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { FetchOptions } from '../transfer/origin-options.ts';
import type { LiveRange } from '../transfer/receive.ts';
import { type Sample, Samples } from './samples.ts';

/** Requests for one comparison: any of several servers may answer, and each has its own ETag. */
const MAX_ASKS = 24;
/** Blocks held here that are compared. */
const BLOCKS = 3;
/** A comparison of fewer bytes proves nothing. */
const MIN_BYTES = 16 * 1024;
/** Blocks of `MIN_BYTES` that are requested under both ETags when none are held here. */
const PAIRS = 2;
/** An origin with more ETags than this for one file makes a new one for each answer: they have no meaning. */
const MAX_ETAGS = 4;
/** After this many comparisons in a row without a result the file counts as changed. */
const MAX_OPEN = 3;
/** How long to wait for bytes that are arriving, and how often to look for them. */
const MAX_WAIT_MS = 5000;
const LOOK_MS = 100;

/** What an origin answers to a request for the place of a sample; undefined: nothing of use. */
export interface SampleAnswer {
  readonly etag: string | undefined;
  readonly bytes: Buffer;
}

/** The bytes of a file that are held here, from any source. */
export interface HeldBlocks {
  /** A few random blocks; none when nothing is held. */
  readonly read: () => Promise<readonly Sample[]>;
  /** Whether other sources bring bytes of it, too. */
  readonly isShared: boolean;
}

export interface OtherEtagsOptions {
  /** Asks for a place in the file, under whatever ETag it comes. */
  readonly ask: (place: {
    readonly start: number;
    readonly end: number;
  }) => Promise<SampleAnswer | undefined>;
  /** Whether bytes of the file are on their way. */
  readonly isReceiving: () => boolean;
  /** Ends waiting: what is being compared then rejects. */
  readonly signal: AbortSignal;
}

/** A block that has to be equal under two ETags. */
interface Question {
  readonly start: number;
  readonly end: number;
  bytes: Buffer | undefined;
  /** The ETags under which it was received. */
  readonly etags: Set<string>;
}

/**
 * ETags of an origin whose servers do not agree on one. A file of the same size with another strong ETag may be the
 * same or a new one (RFC 9110, 8.8.3), whatever its time of change: those are often fixed. Blocks that are here, or
 * that come under the first ETag, are compared with those that come under the other.
 */
export class OtherEtags {
  readonly #options: OtherEtagsOptions;
  readonly #samples = new Samples();
  readonly #same = new Set<string>();
  /** The first bytes that arrived, long before a sample is complete. */
  #first: Sample | undefined;
  #comparing: Promise<Comparison> | undefined;
  #open = 0;
  held: HeldBlocks | undefined;

  constructor(options: OtherEtagsOptions) {
    this.#options = options;
  }

  /** The `onChunk` of a transfer, wrapped to keep a sample where one may be needed. */
  watch(range: LiveRange, { identity: { sizeBytes, etag }, onChunk }: FetchOptions): FetchOptions['onChunk'] {
    if (sizeBytes === undefined || etag === undefined) return onChunk;
    const watched = this.#samples.watch(range, sizeBytes, onChunk);
    return this.#first === undefined ? this.#watchFirst(range.start, watched) : watched;
  }

  /** Whether an ETag is known to be another name of the same file. */
  accepts(etag: string | undefined): boolean {
    return etag !== undefined && (this.#same.size > MAX_ETAGS || this.#same.has(etag));
  }

  /** Whether enough comparisons have found nothing to compare. */
  get isHopeless(): boolean {
    return this.#open >= MAX_OPEN;
  }

  /** Finds out whether the file under another ETag is the same. Concurrent callers share one comparison. */
  compare(etag: string | undefined, identity: FileIdentity, ranges: boolean): Promise<Comparison> {
    this.#comparing ??= this.#compare(etag, identity, ranges)
      .then((compared) => {
        this.#open = compared === 'open' ? this.#open + 1 : 0;
        return compared;
      })
      .finally(() => {
        this.#comparing = undefined;
      });
    return this.#comparing;
  }

  async #compare(
    etag: string | undefined,
    { etag: first, sizeBytes }: FileIdentity,
    ranges: boolean,
  ): Promise<Comparison> {
    if (etag === undefined || first === undefined || sizeBytes === undefined) return 'open';
    const questions = await this.#questions(first, sizeBytes, ranges);
    const isAnswered = ({ etags }: Question) => etags.has(first) && etags.has(etag);
    for (let ask = 0; ask < MAX_ASKS; ask++) {
      const question = questions.find((one) => !isAnswered(one));
      if (question === undefined) break;
      const answer = await this.#options.ask(question);
      if (answer?.etag === undefined) continue;
      if (question.bytes !== undefined && !answer.bytes.equals(question.bytes)) return 'different';
      question.bytes = answer.bytes;
      question.etags.add(answer.etag);
      const equal = new Set(
        questions.filter(({ etags }) => etags.has(first)).flatMap(({ etags }) => [...etags]),
      );
      equal.delete(first);
      if (equal.size <= MAX_ETAGS) continue;
      for (const one of equal) this.#same.add(one);
      return 'same';
    }
    if (!questions.every(isAnswered)) return 'open';
    this.#same.add(etag);
    return 'same';
  }

  /** The blocks to request: those held here, or random ones if none arrive within a while. */
  async #questions(firstEtag: string, sizeBytes: number, ranges: boolean): Promise<readonly Question[]> {
    const { signal, isReceiving } = this.#options;
    const minBytes = Math.min(MIN_BYTES, sizeBytes);
    const isEnough = (found: readonly Sample[]) =>
      found.reduce((sum, { bytes }) => sum + bytes.length, 0) >= minBytes;
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      const held = ranges ? await this.readHeld() : [];
      const first = this.#first === undefined ? [] : [this.#first];
      // Blocks of other sources are as reliable as those sources.
      const later = this.held?.isShared === true ? [first, held] : [held, first];
      const known = [this.#samples.all, ...later].find(isEnough);
      if (known !== undefined)
        return known.slice(0, BLOCKS).map(({ start, bytes }) => {
          return { start, end: start + bytes.length, bytes, etags: new Set([firstEtag]) };
        });
      const mayCome = isReceiving() || this.held?.isShared === true;
      if (!mayCome || waitedMs >= MAX_WAIT_MS) break;
      await delay(LOOK_MS, undefined, { signal });
    }
    // Without ranges each answer begins with the file's first byte.
    const blocks = ranges ? randomBlocks(sizeBytes, PAIRS, randomInt) : [{ start: 0, end: sizeBytes }];
    return blocks.map(({ start, end }) => {
      return { start, end: Math.min(end, start + MIN_BYTES), bytes: undefined, etags: new Set<string>() };
    });
  }

  /** The blocks of the file that are held by now; none when they cannot be read any more. */
  async readHeld(): Promise<readonly Sample[]> {
    return (await this.held?.read().catch(() => [])) ?? [];
  }

  #watchFirst(start: number, onChunk: FetchOptions['onChunk']): FetchOptions['onChunk'] {
    const bytes = Buffer.allocUnsafe(MIN_BYTES);
    let length = 0;
    return (chunk) => {
      // Chunks are only lent.
      if (length < MIN_BYTES) {
        length += chunk.copy(bytes, length);
        if (length === MIN_BYTES) this.#first ??= { start, bytes };
      }
      return onChunk(chunk);
    };
  }
}
