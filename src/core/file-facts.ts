import { type DigestKind, isStrongDigest } from './digest-kinds.ts';
import { parseHttpDate } from './http-date.ts';

/** What is known of a file at one time, from one server, or from a journal or list. All of it may be unknown. */
export interface FileFacts {
  readonly sizeBytes?: number | undefined;
  /** As the server sent it: `"..."`, or `W/"..."` for a weak one. */
  readonly etag?: string | undefined;
  /** As the server sent it: a date of HTTP. */
  readonly lastModified?: string | undefined;
  /** Digests of the whole file that are taken as right. Only strong ones are compared. */
  readonly digests?: readonly { readonly algorithm: DigestKind; readonly hex: string }[] | undefined;
  /** Where the ETag is from: ETags are compared within one resource only (RFC 9110, 8.8.3). */
  readonly place?: string | undefined;
}

/**
 * How one fact of two descriptions relates:
 * - `equal`, `other`: both know it.
 * - `gone`: only the earlier one knows it; `new`: only the later one does; `unknown`: neither does.
 * - `mixed`: some digests agree and others contradict each other.
 */
export type Relation = 'equal' | 'other' | 'gone' | 'new' | 'unknown' | 'mixed';

/**
 * The facts by which two files are compared. `etag` is the strong entity tag, which changes with every byte; `weakEtag` is
 * for tags of which at least one is weak, which need not (RFC 9110, 8.8.1).
 */
export type Fact = 'size' | 'etag' | 'weakEtag' | 'date' | 'digest' | 'place';

/** Every fact of two descriptions of a file, compared by itself. */
export type Relations = Readonly<Record<Fact, Relation>>;

/** Compares fact by fact; what the relations mean for the file is the matter of a policy. */
export function relate(before: FileFacts, now: FileFacts): Relations {
  const strong = relation(strongTag(before), strongTag(now));
  return {
    size: relation(before.sizeBytes, now.sizeBytes),
    etag: strong,
    weakEtag: isWeak(before.etag) || isWeak(now.etag) ? relation(before.etag, now.etag) : 'unknown',
    date: relateDates(before.lastModified, now.lastModified),
    digest: relateDigests(before.digests, now.digests),
    place: relation(before.place, now.place),
  };
}

function relation<T>(before: T | undefined, now: T | undefined): Relation {
  if (before === undefined) return now === undefined ? 'unknown' : 'new';
  if (now === undefined) return 'gone';
  return before === now ? 'equal' : 'other';
}

/** RFC 9110, 8.8.3: a weak tag begins with `W/`. */
function isWeak(etag: string | undefined): boolean {
  return etag?.startsWith('W/') === true;
}

function strongTag({ etag }: FileFacts): string | undefined {
  return isWeak(etag) ? undefined : etag;
}

/** As moments, since one moment may be written in several ways; what is no date counts as it is written. */
function relateDates(before: string | undefined, now: string | undefined): Relation {
  const asWritten = relation(before, now);
  if (asWritten !== 'other') return asWritten;
  const moment = parseHttpDate(before!);
  return moment !== undefined && moment === parseHttpDate(now!) ? 'equal' : 'other';
}

function relateDigests(before: FileFacts['digests'], now: FileFacts['digests']): Relation {
  const ours = strongOnly(before);
  const theirs = strongOnly(now);
  if (ours.length === 0) return theirs.length === 0 ? 'unknown' : 'new';
  if (theirs.length === 0) return 'gone';
  const pairs = theirs.flatMap(({ algorithm, hex }) =>
    ours.filter((one) => one.algorithm === algorithm).map((one) => one.hex === hex),
  );
  // Digests of different kinds tell nothing of each other.
  if (pairs.length === 0) return 'unknown';
  if (pairs.every((isEqual) => isEqual)) return 'equal';
  return pairs.some((isEqual) => isEqual) ? 'mixed' : 'other';
}

function strongOnly(digests: FileFacts['digests'] = []) {
  return digests.filter(({ algorithm }) => isStrongDigest(algorithm));
}
