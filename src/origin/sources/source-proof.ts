import { SAMPLE_BYTES } from '../../core/block-samples.ts';
import type { FileFacts } from '../../core/file-facts.ts';
import { type Comparison, compareFiles } from '../../core/file-identity.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { Sample } from '../compare/samples.ts';
import type { PublishedDigest } from '../heads/digests.ts';
import type { Origin } from '../origin.ts';
import type { Probe } from '../probe.ts';
import { compareBytes } from './compare-bytes.ts';
import type { Source } from './source.ts';

/** What an address is compared with. */
export interface Proven {
  readonly identity: FileIdentity;
  readonly first: Source;
  /** All addresses, proven or not. */
  readonly all: readonly Source[];
  /** Digests of the whole file that are known to be right. */
  readonly digests: readonly PublishedDigest[];
  /** Samples of bytes from addresses that are proven by more than samples. */
  readonly samples: readonly Sample[];
  /** Whether this is the last of several attempts. */
  readonly isLast: boolean;
}

export interface Proof {
  readonly verdict: Comparison;
  /**
   * At least this many bytes are equal to those of such an address, and there is no other proof; undefined: there is.
   */
  readonly sampledBytes?: number;
}

/**
 * Whether a source that was just probed has the same file: by what it states, else by its bytes. Throws when it fails.
 */
export async function proofOf(
  source: Source,
  found: Probe,
  known: Proven,
  signal: AbortSignal,
): Promise<Proof> {
  const { identity, first, digests, samples, isLast } = known;
  const origin = source.origin!;
  const before: FileFacts = { ...identity, digests, place: placeOf(first.origin!) };
  // Of untrusted addresses only the bytes count: statements cost nothing.
  const stated = source.trusted ? found.digests : [];
  const now: FileFacts = { ...found.identity, digests: stated, place: placeOf(origin) };
  const { verdict } = compareFiles('otherAddress', before, now);
  if (verdict !== 'open') return { verdict };
  const best = judgeOf(source, known.all);
  const from = best && { origin: best.origin!, identity: best.identity!, ranges: best.ranges };
  const other = { origin, identity: found.identity, ranges: found.ranges };
  const bytes = await compareBytes(other, { samples, from, isLast }, signal);
  if (bytes === 'open') {
    // The user knows which file a fresh link is for; others may not.
    const isVouchedFor =
      source.trusted && compareFiles('vouchedAddress', identity, found.identity).verdict === 'same';
    return isVouchedFor ? { verdict: 'same', sampledBytes: 0 } : { verdict: 'open' };
  }
  const held = samples.filter(({ start }) => start === 0 || other.ranges);
  const isFetched = held.length === 0 && best !== undefined && best.sampledBytes === undefined;
  const fetchedBytes = isFetched ? Math.min(SAMPLE_BYTES, found.identity.sizeBytes ?? 0) : 0;
  return { verdict: bytes, sampledBytes: held.reduce((sum, one) => sum + one.bytes.length, fetchedBytes) };
}

/** The source to compare with: rather one with the strongest proof, and rather one that does not pause. */
function judgeOf(source: Source, all: readonly Source[]): Source | undefined {
  const nowMs = performance.now();
  // An address that others named cannot rule out one that the user named.
  const may = all.filter((one) => one.standing === 'proven' && (one.trusted || !source.trusted));
  const sure = may.filter(({ sampledBytes }) => sampledBytes === undefined);
  const isRested = ({ restUntilMs }: Source) => restUntilMs <= nowMs;
  return sure.find(isRested) ?? may.find(isRested) ?? may[0];
}

/** The resource that the ETags of an origin belong to. */
function placeOf({ target }: Origin): string {
  return `${target.host} ${target.path}`;
}
