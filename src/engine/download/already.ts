import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DIGEST_KINDS, type DigestKind } from '../../core/digest-kinds.ts';
import type { ExpectedDigest } from '../../core/expected-digest.ts';
import { compareFiles } from '../../core/file-identity.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { Trust } from '../../core/result.ts';
import { fileDigests } from '../../disk/finished-file.ts';
import { trustFrom } from '../../downloads/trust-text.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import { NOBODY, trustOf } from './trust.ts';

/** A finished file that was found in its place. */
export interface FoundFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly trust: Trust;
}

/** What the origin has just said of a file, and where it is to go. */
export interface Wanted {
  readonly identity: FileIdentity;
  /** Digests that the user says it has. */
  readonly given: readonly ExpectedDigest[];
  /** Those and the ones that its publisher states; may be none. */
  readonly expected: readonly ExpectedDigest[];
  /** Absolute. */
  readonly directory: string;
  readonly fileName: string;
  readonly signal: AbortSignal;
}

/**
 * The file of a finished download, if it is still what was downloaded and the origin still has the same: its size, and
 * its ETag or its date. Nothing is read: the file counts as unchanged while the file system says so.
 */
export async function unchangedFile(
  row: DownloadRow | undefined,
  { identity, given, expected }: Pick<Wanted, 'identity' | 'given' | 'expected'>,
): Promise<FoundFile | undefined> {
  if (row?.state !== 'done' || row.path === undefined || row.sha256 === undefined) return undefined;
  const { path, sha256, sizeBytes, etag, lastModified, fileModifiedMs } = row;
  const before = { sizeBytes, etag, lastModified, digests: [{ algorithm: 'sha256', hex: sha256 }] } as const;
  const { verdict } = compareFiles('finished', before, { ...identity, digests: expected });
  if (verdict !== 'same' || sizeBytes === undefined) return undefined;
  // What the user gives and cannot be compared with what was noted has to be computed: see `presentFile`.
  if (given.some(({ algorithm }) => algorithm !== 'sha256')) return undefined;
  const stated = expected.filter(({ algorithm }) => algorithm === 'sha256');
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== sizeBytes || found.mtimeMs !== fileModifiedMs) return undefined;
  const trust = stated.length > 0 ? trustOf(stated, [], NOBODY) : trustFrom(row.trust);
  return { path, sizeBytes, sha256, trust };
}

/**
 * A file of the wanted name that has every digest that is known of the wanted one, whoever has put it there; nothing
 * when no digest is known. Reads all of it. Throws `unwritable` when it cannot be read.
 */
export async function presentFile(wanted: Wanted): Promise<FoundFile | undefined> {
  const { directory, fileName, identity, signal } = wanted;
  // A CRC tells only of accidents, and one in four thousand million files has it by accident.
  const expected = wanted.expected.filter(({ algorithm }) => DIGEST_KINDS[algorithm].bytes > 4);
  if (expected.length === 0) return undefined;
  const path = resolve(join(directory, fileName));
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const sizeBytes = found.size;
  if (identity.sizeBytes !== undefined && identity.sizeBytes !== sizeBytes) return undefined;
  const algorithms = [...new Set<DigestKind>(['sha256', ...expected.map(({ algorithm }) => algorithm)])];
  const digests = await fileDigests(path, algorithms, { sizeBytes, signal });
  if (digests === undefined) return undefined;
  const isRight = ({ algorithm, hex }: ExpectedDigest) =>
    digests[algorithms.indexOf(algorithm)] === hex.toLowerCase();
  if (!expected.every(isRight)) return undefined;
  const sha256 = digests[0]!;
  return { path, sizeBytes, sha256, trust: trustOf(expected, [], NOBODY) };
}
