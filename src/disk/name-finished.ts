import { join } from 'node:path';
import { DragonloadError } from '../core/errors.ts';
import type { ExpectedDigest } from '../core/expected-digest.ts';
import type { Claim } from './claim.ts';
import { onDisk } from './files/disk-error.ts';
import { isStillAt, place } from './files/part-file.ts';
import { checkDigests } from './hashing/expected-digests.ts';

/**
 * Checks a complete part file and gives it its final name, without ever replacing another file. Returns its path and
 * digests. Throws `digest-mismatch`, with the part kept as it is, `disk-full` or `unwritable`.
 *
 * @param digestsOf Computes the digests of the whole file, while it is flushed to the disk.
 */
export async function nameFinished(
  { file, directory, name, number, partPath }: Claim,
  sizeBytes: number,
  expected: readonly ExpectedDigest[],
  digestsOf: () => Promise<Readonly<Record<string, string>>>,
): Promise<{ readonly path: string; readonly digests: Readonly<Record<string, string>> }> {
  // Flushing is for the disk and hashing for the processor: both at once.
  const [digests] = await Promise.all([
    digestsOf(),
    onDisk(partPath, () => file.truncate(sizeBytes).then(() => file.sync())),
  ]);
  checkDigests(name, digests, expected, { kind: 'check-digest', path: partPath });
  const path = await onDisk(join(directory, name), async () => {
    if (!(await isStillAt(file, partPath))) throw replaced(partPath);
    return await place(partPath, directory, name, number);
  });
  return { path, digests };
}

function replaced(partPath: string): DragonloadError {
  return new DragonloadError('unwritable', `Another program has removed or replaced ${partPath} meanwhile.`, {
    facts: { path: partPath },
    hint: { kind: 'leave-part', path: partPath },
  });
}
