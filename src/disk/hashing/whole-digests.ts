import type { ExpectedDigest } from '../../core/expected-digest.ts';
import type { Algorithm } from '../digests/digest.ts';
import type { Hasher } from './hasher.ts';

/**
 * The digests of a whole file, by algorithm in lower-case hex: those computed during the download, and those that are
 * expected. A digest that became known too late for that takes another pass over the file. Rejects with `internal` for
 * a read error.
 */
export async function wholeDigests(
  hasher: Pick<Hasher, 'digests' | 'range'>,
  part: number,
  sizeBytes: number,
  onTheWay: readonly Algorithm[],
  expected: readonly ExpectedDigest[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const running = await hasher.digests(part, sizeBytes);
  for (const [index, algorithm] of onTheWay.entries()) found[algorithm] = hex(running[index]);
  const late = expected.map(({ algorithm }) => algorithm).filter((it) => !(it in found));
  if (late.length === 0) return found;
  const digests = await hasher.range(part, 0, sizeBytes, late);
  for (const [index, algorithm] of late.entries()) found[algorithm] = hex(digests[index]);
  return found;
}

function hex(digest: Uint8Array | undefined): string {
  return Buffer.from(digest ?? []).toString('hex');
}
