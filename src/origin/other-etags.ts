import type { FileIdentity } from '../core/messages.ts';
import type { FetchOptions } from './origin-options.ts';
import type { LiveRange } from './receive.ts';
import type { Comparison } from './same-file.ts';
import { type Sample, Samples } from './samples.ts';

/** Requests for one comparison: it is chance which server of many answers, and so which ETag comes. */
const MAX_ASKS = 12;
/** Fewer bytes than this prove nothing. */
const MIN_BYTES = 16 * 1024;
/** An origin with more ETags than this for one file makes up a new one at each answer: they say nothing. */
const MAX_ETAGS = 4;

/** What an origin answers to a request for the place of a sample; undefined: nothing of use. */
export interface SampleAnswer {
  readonly etag: string | undefined;
  readonly bytes: Buffer;
}

/**
 * ETags of an origin whose servers do not agree on one and tell no time of change. A file of the same size with
 * another ETag may be the same or a new one: blocks that were received under the first ETag are asked for again, and are
 * compared with those that come under the other.
 */
export class OtherEtags {
  readonly #samples = new Samples();
  readonly #ask: (sample: Sample) => Promise<SampleAnswer | undefined>;
  readonly #same = new Set<string>();
  #comparing: Promise<Comparison> | undefined;

  constructor(ask: (sample: Sample) => Promise<SampleAnswer | undefined>) {
    this.#ask = ask;
  }

  /** `onChunk` of a transfer, or one that keeps a sample too where it may be needed. */
  watch(range: LiveRange, { identity, onChunk }: FetchOptions): FetchOptions['onChunk'] {
    const { sizeBytes, etag, lastModified } = identity;
    const isNeeded = sizeBytes !== undefined && etag !== undefined && lastModified === undefined;
    return isNeeded ? this.#samples.watch(range, sizeBytes, onChunk) : onChunk;
  }

  /** Whether an ETag is known to be another name of the same file. */
  accepts(etag: string | undefined): boolean {
    return etag !== undefined && (this.#same.size > MAX_ETAGS || this.#same.has(etag));
  }

  /** Finds out whether the file under another ETag is the same; once for all who ask meanwhile. */
  compare(etag: string | undefined, identity: FileIdentity): Promise<Comparison> {
    this.#comparing ??= this.#compare(etag, identity).finally(() => {
      this.#comparing = undefined;
    });
    return this.#comparing;
  }

  async #compare(etag: string | undefined, identity: FileIdentity): Promise<Comparison> {
    const samples = this.#samples.all;
    const isEnough = samples.reduce((sum, { bytes }) => sum + bytes.length, 0) >= MIN_BYTES;
    if (etag === undefined || !isEnough) return 'open';
    const equal = new Map<string, Set<Sample>>();
    for (let ask = 0; ask < MAX_ASKS; ask++) {
      const sample = samples.find((one) => equal.get(etag)?.has(one) !== true);
      if (sample === undefined) {
        this.#same.add(etag);
        return 'same';
      }
      const answer = await this.#ask(sample);
      if (answer?.etag === undefined || answer.etag === identity.etag) continue;
      if (!answer.bytes.equals(sample.bytes)) return 'different';
      equal.set(answer.etag, (equal.get(answer.etag) ?? new Set()).add(sample));
      if (equal.size <= MAX_ETAGS) continue;
      for (const one of equal.keys()) this.#same.add(one);
      return 'same';
    }
    return 'open';
  }
}
