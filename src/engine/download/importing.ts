import type { Hint } from '../../core/hint.ts';
import type { Offer } from '../../core/messages.ts';
import { importLeftover } from '../../disk/leftovers/import-leftover.ts';
import { findLeftover } from '../../disk/leftovers/leftover.ts';
import type { Origin } from '../../origin/origin.ts';
import { readBytes } from '../../origin/transfer/read-bytes.ts';
import { geometryOf } from './new-download.ts';

export interface Importing {
  readonly offer: Offer;
  readonly origin: Origin;
  /** What the user named. */
  readonly leftover: string | undefined;
  readonly directory: string;
  readonly output: string | undefined;
  readonly dataDir: string;
  readonly onNotice: (message: string, hint?: Hint) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes what another program has left the part of a download, where the user names it and it is found to be of this file;
 * tells of it. What does not fit stays as it is, and so does what nobody named: any download may have had a name such as
 * aria2 gives, so that its bytes are worth no more than its origin. Of that the user is told.
 */
export async function importFor(importing: Importing): Promise<void> {
  const { offer, origin, directory, output, dataDir, onNotice, signal } = importing;
  const { leftover } = importing;
  if (leftover === undefined) {
    const found = await findLeftover(directory, output ?? offer.fileName);
    if (found !== undefined)
      onNotice('aria2 has left a part of this file.', { kind: 'import-leftover', path: found });
    return;
  }
  if (!offer.ranges) {
    onNotice(`${leftover} is left as it is: the origin sends the file only from its beginning.`);
    return;
  }
  const imported = await importLeftover({
    leftover,
    directory,
    fileName: offer.fileName,
    output,
    url: offer.url,
    identity: offer.identity,
    geometry: geometryOf(offer),
    dataDir,
    compare: (start, end) => readBytes(origin, offer.identity, { start, end }, signal),
    onNotice,
    signal,
  });
  if (imported === undefined) return;
  const percent = Math.floor((100 * imported.comparedBytes) / imported.bytes);
  onNotice(`Going on from ${leftover}: ${imported.bytes} bytes of it, ${percent}% compared with the origin.`);
}
