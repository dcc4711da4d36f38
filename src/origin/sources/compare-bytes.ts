import { randomInt } from 'node:crypto';
import { firstBlock, randomBlocks } from '../../core/block-samples.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { Comparison } from '../../core/file-identity.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import type { Sample } from '../compare/samples.ts';
import type { Origin } from '../origin.ts';
import { readBytes } from '../transfer/read-bytes.ts';

/** So many blocks have to be equal. */
const BLOCKS = 3;

/** An origin of a file, and the file as it speaks of it. */
export interface Side {
  readonly origin: Origin;
  readonly identity: FileIdentity;
  /** Without ranges only the file's first block can be had. */
  readonly ranges: boolean;
}

/**
 * Compares blocks of a file with those of another origin: `samples` of what was received, and as far as these are too
 * few, random ones from `known`, or where that serves none, of what else is here. `open` when there is nothing to compare with. Throws when an origin failed.
 */
export async function compareBytes(
  other: Side,
  known: {
    readonly samples: readonly Sample[];
    readonly from: Side | undefined;
    /** It is not asked again: that `from` serves nothing is then no reason to know nothing of the other. */
    readonly isLast?: boolean;
  },
  signal: AbortSignal,
): Promise<Comparison> {
  const { sizeBytes } = other.identity;
  const isInReach = ({ start }: Sample) => start === 0 || other.ranges;
  const held = known.samples.filter(isInReach);
  const { from } = known;
  if (sizeBytes === undefined) return 'open';
  const isAnywhere = other.ranges && from?.ranges === true;
  const wanted =
    held.length >= BLOCKS || from === undefined
      ? []
      : isAnywhere
        ? randomBlocks(sizeBytes, BLOCKS, randomInt)
        : [firstBlock(sizeBytes)];
  const fetching = wanted.map(async ({ start, end }) => ({
    start,
    bytes: await readBlock(from!, { start, end }, signal),
  }));
  // Others are looked at when the known one has died, too: then what is here has to be enough.
  const fetched = await Promise.all(fetching).catch(async (thrown: unknown) => {
    const here = signal.aborted ? [] : [...held, ...(await other.origin.readHeld()).filter(isInReach)];
    if (here.length === 0 && known.isLast !== true) throw thrown;
    return [];
  });
  const isNothing = held.length + fetched.length === 0;
  const kept = isNothing ? (await other.origin.readHeld()).filter(isInReach) : [];
  if (isNothing && kept.length === 0) return 'open';
  for (const { start, bytes } of [...held, ...fetched, ...kept]) {
    const theirs = await readBlock(other, { start, end: start + bytes.length }, signal);
    if (!theirs.equals(bytes)) return 'different';
  }
  return 'same';
}

/** As `readBytes`; but whatever keeps bytes from being compared may pass, and says nothing of the file. */
async function readBlock({ origin, identity }: Side, block: ByteRange, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readBytes(origin, identity, block, signal);
  } catch (cause) {
    throw new DragonloadError('origin-failed', DragonloadError.from(cause).message, { cause });
  }
}
