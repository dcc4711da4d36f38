import type { MemberId } from '../../core/ids.ts';
import type { Result } from '../../core/result.ts';
import type { DownloadView } from '../../core/view.ts';
import { displayUrl } from '../../url/web-url.ts';
import type { FinishedFile, MemberDownload } from './member-download.ts';

/** What the core of a member knows of a download that is done. */
export interface CoreFacts {
  readonly me: MemberId;
  readonly view: DownloadView;
  /** Who signed the pieces that this member holds. */
  readonly signers: Iterable<MemberId>;
}

/** What came of a download, for people and scripts. */
export function resultOf(of: MemberDownload, finished: FinishedFile, core: CoreFacts): Result {
  const { offer, resumedBytes, startedMs } = of;
  const { me, view } = core;
  const seconds = (performance.now() - startedMs) / 1000;
  const sizeBytes = view.sizeBytes ?? 0;
  const isAlone = view.lanBytes === 0 || view.originBytes === 0;
  return {
    download: offer.download,
    url: displayUrl(offer.url),
    path: finished.path,
    sizeBytes,
    sha256: finished.sha256,
    trust: of.trust(core.signers, me),
    seconds,
    originBytes: view.originBytes,
    lanBytes: view.lanBytes,
    // The own link was busy all the time for its share, so the whole would have taken in proportion.
    aloneSeconds: isAlone ? undefined : (seconds * (sizeBytes - resumedBytes)) / view.originBytes,
  };
}
