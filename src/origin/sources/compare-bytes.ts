import { randomInt } from 'node:crypto';
import { firstBlock, randomBlocks } from '../../core/block-samples.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { Comparison } from '../../core/file-identity.ts';
import type { FileIdentity } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import type { Sample } from '../compare/samples.ts';
import type { Origin } from '../origin.ts';
import { readBytes } from '../transfer/read-bytes.ts';

/** Blocks that have to be equal. */
const BLOCKS = 3;

/** An origin of a file, and the file as it describes it. */
export interface Side {
  readonly origin: Origin;
  readonly identity: FileIdentity;
  /** Without ranges only the first block of the file can be fetched. */
  readonly ranges: boolean;
}

/**
 * Compares blocks of a file with those of another origin: `samples` of the bytes received, and if these are too few,
 * random blocks from `known`, or if that serves none, other bytes held here. `open` when there is nothing to compare
 * with. Throws when an origin failed.
 */
export async function compareBytes(
  other: Side,
  known: {
    readonly samples: readonly Sample[];
    readonly from: Side | undefined;
    /** This is the last attempt: when `from` fails, there is nothing to compare with, and that is not thrown. */
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
  // The known origin may be dead: then the blocks held here have to be enough.
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

/** As `readBytes`; a failure to read proves nothing about the file, and may pass. */
async function readBlock({ origin, identity }: Side, block: ByteRange, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readBytes(origin, identity, block, signal);
  } catch (cause) {
    throw new DragonloadError('origin-failed', DragonloadError.from(cause).message, { cause });
  }
}
