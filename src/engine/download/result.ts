import type { MemberId } from '../../core/ids.ts';
import type { Result } from '../../core/result.ts';
import type { DownloadView } from '../../core/view.ts';
import type { FinishedPart } from '../../disk/files/part-options.ts';
import { displayUrl } from '../../url/web-url.ts';
import type { DownloadSession } from './download-session.ts';
import { trustOf } from './trust.ts';

/** What the core of a member knows of a download that is done. */
export interface CoreFacts {
  readonly me: MemberId;
  readonly view: DownloadView;
  /** Who signed the pieces that this member holds. */
  readonly signers: Iterable<MemberId>;
}

/** What came of a download, for people and scripts. */
export function resultOf(session: DownloadSession, finished: FinishedPart, core: CoreFacts): Result {
  const { offer, part, provenance, startedMs, expected } = session;
  const { me, view } = core;
  const seconds = (performance.now() - startedMs) / 1000;
  const sizeBytes = view.sizeBytes ?? 0;
  // What an earlier run left is vouched for by this member now, and yet it came from whom it came.
  const signers = [...core.signers, ...part.resumed.map(({ signer }) => signer)];
  const isAlone = view.lanBytes === 0 || view.originBytes === 0;
  return {
    download: offer.download,
    url: displayUrl(offer.url),
    path: finished.path,
    sizeBytes,
    sha256: finished.sha256,
    trust: trustOf(expected, signers, me, part.imported, provenance.mirrored),
    seconds,
    originBytes: view.originBytes,
    lanBytes: view.lanBytes,
    // The own link was busy all the time for its share, so the whole would have taken in proportion.
    aloneSeconds: isAlone ? undefined : (seconds * (sizeBytes - provenance.resumedBytes)) / view.originBytes,
  };
}
