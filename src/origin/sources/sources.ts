import { DragonloadError } from '../../core/errors.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { displayUrl } from '../../url/web-url.ts';
import { Samples } from '../compare/samples.ts';
import type { PublishedDigest } from '../heads/digests.ts';
import { HostPaused } from '../limits/host-pauses.ts';
import type { FetchOptions, Origin } from '../origin.ts';
import { type OriginResult, rangeFrom } from '../transfer/outcome.ts';
import type { LiveRange } from '../transfer/receive.ts';
import { untilAborted } from '../transfer/until-aborted.ts';
import { isOver, newSource, type Source } from './source.ts';
import { SourceAddresses } from './source-addresses.ts';
import { SourceAttribution } from './source-attribution.ts';
import { chooseSource, isGone, restMs } from './source-choice.ts';
import { proofOf } from './source-proof.ts';
import { noteResult, resultOf } from './source-results.ts';

/** Smaller files are fetched from one source as long as it serves: probing another one costs more than it gains. */
const LARGE_BYTES = 32 * 1024 * 1024;
/** Attempts to probe a source. */
const MAX_LOOKS = 3;

export interface SourcesOptions {
  /** The origin at which the file was found first. Closed with the sources. */
  readonly first: Origin;
  readonly identity: FileIdentity;
  /** Digests of the whole file that are known to be right. */
  readonly digests?: readonly PublishedDigest[] | undefined;
  /** Opens the origin of another address. `trusted`: the user of this member, or the first origin, named it. */
  readonly open: (url: string, trusted: boolean) => Origin | Promise<Origin>;
  /** Gets notices, in whole sentences, about addresses that cannot be used. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** Bytes from addresses that are proven by samples alone. */
export interface MirroredBytes {
  readonly bytes: number;
  /** Bytes of these addresses that were compared with those of the first one. */
  readonly comparedBytes: number;
}

/**
 * Several addresses of one file. Each further one is probed before it is used, and has to prove that it has the same
 * file. Each transfer uses the one that serves best, and goes on with another where that one breaks off.
 */
export class Sources implements AsyncDisposable {
  readonly #options: SourcesOptions;
  readonly #addresses: SourceAddresses;
  readonly #samples = new Samples();
  readonly #brought = new SourceAttribution<Source>();
  readonly #closed = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(options: SourcesOptions) {
    this.#options = options;
    const { first, identity } = options;
    const source = newSource(first.url, { trusted: true, batch: 0 });
    source.standing = 'proven';
    source.origin = first;
    source.identity = identity;
    source.ranges = first.ranges;
    this.#addresses = new SourceAddresses(source);
  }

  /** All addresses, oldest first. They may hold secrets: show them with `displayUrl`. */
  get urls(): readonly string[] {
    return this.#addresses.all.map(({ url }) => url);
  }

  /**
   * Adds addresses, the best first; of equal ones, those of the user come before those of others. Texts that are not
   * URLs are left out. An address of the user that was given up is tried again.
   */
  add(urls: readonly string[], { trusted }: { readonly trusted: boolean }): void {
    this.#addresses.add(urls, { trusted });
  }

  /**
   * Fetches a range as an origin does, from one source after the other if need be. `expired`, `refused` and `rangeless`
   * only when no source serves the file any more.
   */
  async fetchRange(range: LiveRange, options: FetchOptions): Promise<OriginResult> {
    // Another source may have the right bytes; when there is none, these are asked once more.
    let suspects = this.#brought.suspectsFor(range);
    let tried = new Set(suspects);
    const results: OriginResult[] = [];
    let receivedBytes = 0;
    for (;;) {
      const source = await this.#next(range.start, receivedBytes, tried, options.signal);
      if (source === undefined && suspects.size > 0 && results.length === 0) {
        suspects = new Set();
        tried = new Set();
        continue;
      }
      if (source === undefined) break;
      tried.add(source);
      const rest = receivedBytes === 0 ? range : rangeFrom(range.start + receivedBytes, range);
      const result = await this.#fetch(source, rest, options);
      receivedBytes += result.receivedBytes;
      this.#brought.note({ start: rest.start, end: rest.start + result.receivedBytes }, source);
      if (result.outcome === 'complete' || result.outcome === 'stopped') return { ...result, receivedBytes };
      results.push(result);
    }
    if (options.signal?.aborted === true || this.#closed.signal.aborted)
      return { outcome: 'stopped', receivedBytes };
    return { ...resultOf(results, this.#addresses.all), receivedBytes };
  }

  /** These bytes are wrong: they are fetched from another address than before, if there is one. */
  doubt(range: ByteRange): void {
    this.#brought.doubt(range);
  }

  /** Whether the first address serves the file, as far as is known. */
  get isFirstLeft(): boolean {
    return !isGone(this.#addresses.first, performance.now());
  }

  /**
   * The whole file is wrong, and it is not known where. All addresses but the first are given up, and those that have
   * sent bytes of it are named. Returns the ranges that they sent, of which the first may have the right bytes.
   */
  doubtOthers(): readonly ByteRange[] {
    const brought = [...this.#brought.shareOf((source) => source !== this.#addresses.first)];
    const culprits = new Set(this.#brought.sources);
    for (const source of this.#addresses.all.filter((one) => one !== this.#addresses.first)) {
      if (culprits.has(source)) {
        this.#addresses.refuse(source);
        this.#notice(source, 'Its bytes may be the reason why the file is wrong.');
      }
      void this.#addresses.drop(source);
    }
    return brought;
  }

  /** What has come from addresses that are proven by samples alone; undefined: nothing has. */
  get mirrored(): MirroredBytes | undefined {
    const isSampled = ({ sampledBytes }: Source) => sampledBytes !== undefined;
    const bytes = this.#brought.shareOf(isSampled).total;
    if (bytes === 0) return undefined;
    const compared = this.#brought.sources.map(({ sampledBytes = 0 }) => sampledBytes);
    const comparedBytes = compared.reduce((sum, one) => sum + one, 0);
    return { bytes, comparedBytes: Math.min(bytes, comparedBytes) };
  }

  /** Whether another address than the first was ever named: an earlier run may have used it. */
  get hadOthers(): boolean {
    return this.#addresses.hadOthers;
  }

  /** The network has changed: connections are dead, and failures meanwhile prove nothing. */
  networkChanged(): void {
    for (const source of this.#addresses.all) {
      source.origin?.networkChanged();
      source.failures = 0;
      source.restUntilMs = 0;
      source.failedMs = performance.now();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#looking;
    await Promise.all(this.#addresses.all.map(({ origin }) => origin?.[Symbol.asyncDispose]()));
  }

  /**
   * Takes a source for a transfer from `start` on, of which `receivedBytes` have arrived; waits for a probe when none
   * is proven.
   */
  async #next(
    start: number,
    receivedBytes: number,
    tried: ReadonlySet<Source>,
    signal: AbortSignal | undefined,
  ): Promise<Source | undefined> {
    const isLarge = (this.#options.identity.sizeBytes ?? 0) >= LARGE_BYTES;
    while (signal?.aborted !== true && !this.#closed.signal.aborted) {
      const given = {
        nowMs: performance.now(),
        atStart: start + receivedBytes === 0,
        mayReadWhole: start > 0,
        isLarge,
        tried,
      };
      const { use, look } = chooseSource(this.#addresses.all, given);
      if (look !== undefined) this.#lookAt(look);
      if (use !== undefined) {
        // Counts at once, so that the next choice in this turn of the event loop sees it.
        use.running += 1;
        return use;
      }
      if (this.#looking === undefined) return undefined;
      await untilAborted(this.#looking, signal);
    }
    return undefined;
  }

  async #fetch(source: Source, range: LiveRange, options: FetchOptions): Promise<OriginResult> {
    const { sizeBytes } = this.#options.identity;
    const identity = source === this.#addresses.first ? options.identity : source.identity!;
    // An address that is proven by samples alone cannot prove others.
    const isSample = sizeBytes !== undefined && source.sampledBytes === undefined;
    const onChunk = isSample ? this.#samples.watch(range, sizeBytes, options.onChunk) : options.onChunk;
    const startMs = performance.now();
    try {
      const result = await source.origin!.fetchRange(range, { ...options, identity, onChunk });
      const isLost = noteResult(source, result, startMs, performance.now());
      if (isLost && !this.#addresses.all.every(isOver))
        this.#notice(source, result.message ?? 'It does not serve the file any more.');
      return result;
    } finally {
      source.running -= 1;
    }
  }

  /** Probes a new source, which is proven or out afterwards. Callers share one probe. Never rejects. */
  #lookAt(source: Source): void {
    source.standing = 'looking';
    this.#looking = this.#prove(source)
      .catch((thrown: unknown) => this.#couldNotLook(source, thrown))
      .finally(() => {
        if (source.standing === 'looking') source.standing = 'new';
        this.#looking = undefined;
      });
  }

  async #prove(source: Source): Promise<void> {
    const { url, trusted } = source;
    const { signal } = this.#closed;
    source.origin ??= await this.#options.open(url, trusted);
    const { origin } = source;
    const found = await origin.probe({ signal });
    source.identity = found.identity;
    source.ranges = found.ranges;
    const { identity, digests = [] } = this.#options;
    const isLast = source.failures >= MAX_LOOKS - 1;
    const samples = this.#samples.all;
    const known = {
      identity,
      digests,
      first: this.#addresses.first,
      all: this.#addresses.all,
      samples,
      isLast,
    };
    const { verdict, sampledBytes } = await proofOf(source, found, known, signal);
    signal.throwIfAborted();
    if (verdict === 'same') {
      source.standing = 'proven';
      source.failures = 0;
      source.sampledBytes = sampledBytes;
    } else if (verdict === 'open') {
      source.standing = 'out';
      this.#notice(source, 'Nothing shows that it has the same file.');
    } else {
      this.#addresses.refuse(source);
      this.#notice(source, 'It has another file.');
      await this.#addresses.drop(source);
    }
  }

  #couldNotLook(source: Source, thrown: unknown): void {
    if (this.#closed.signal.aborted) return;
    const error = DragonloadError.from(thrown, 'origin-failed');
    source.failures += 1;
    source.restUntilMs = performance.now() + restMs(source.failures);
    const mayPass = error.code === 'origin-failed' || error.code === 'dns' || thrown instanceof HostPaused;
    if (mayPass && source.failures < MAX_LOOKS) return;
    source.standing = 'out';
    this.#notice(source, error.message);
  }

  #notice({ url }: Source, why: string): void {
    this.#options.onNotice?.(`${displayUrl(url)} is not used any more. ${why}`);
  }
}
