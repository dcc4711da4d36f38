import { safeFileName } from '../../core/file-name.ts';
import { Part } from '../../disk/part.ts';
import { bytesToCompare } from './bytes-to-compare.ts';
import { geometryOf, type NewDownload } from './new-download.ts';
import type { PieceExchange } from './piece-exchange.ts';

/** A check of pieces on disk that takes longer says so this often. */
const CHECKING_MS = 1_000;

export interface OpenPartOptions {
  /** Absolute. */
  readonly directory: string;
  readonly output: string | undefined;
  /** For journals and locks. */
  readonly dataDir: string;
  readonly pieceDigest: PieceExchange['pieceDigest'];
  readonly onNotice: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Opens the part file of a download, new or with what an earlier run has left. Throws as `Part.open` does. */
export function openPart(added: NewDownload, options: OpenPartOptions): Promise<Part> {
  const { offer, origin, isOffered, knownBy, expected } = added;
  const { directory, output, dataDir, pieceDigest, onNotice, signal } = options;
  return Part.open({
    directory,
    fileName: safeFileName(offer.fileName),
    output,
    url: knownBy ?? offer.url,
    identity: offer.identity,
    geometry: geometryOf(offer),
    compare: offer.ranges && origin ? bytesToCompare({ offer, origin, isOffered }, signal) : undefined,
    isElsewhere: knownBy !== undefined,
    dataDir,
    pieceDigest,
    onNotice,
    onProgress: checkingProgress(offer.fileName, onNotice),
    signal,
    digests: [...new Set(expected.map(({ algorithm }) => algorithm))].filter(
      (algorithm) => algorithm !== 'sha256',
    ),
  });
}

/** Tells now and then how far the check of what an earlier run left has come, when it takes longer than a moment. */
function checkingProgress(
  fileName: string,
  onNotice: (message: string) => void,
): (checkedBytes: number, totalBytes: number) => void {
  let nextMs = performance.now() + CHECKING_MS;
  return (checkedBytes, totalBytes) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + CHECKING_MS;
    const percent = Math.floor((100 * checkedBytes) / totalBytes);
    onNotice(`Checking what an earlier run left of ${fileName}: ${percent}%`);
  };
}
