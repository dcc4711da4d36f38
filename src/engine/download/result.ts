import type { MemberCore } from '../../core/member/member-core.ts';
import type { Result } from '../../core/result.ts';
import { displayUrl } from '../../url/web-url.ts';
import type { DownloadRunner } from './download-runner.ts';
import { trustOf } from './trust.ts';

/** What came of a download, for people and scripts. */
export function resultOf(
  runner: DownloadRunner,
  finished: { path: string; sha256: string },
  core: MemberCore,
): Result {
  const { offer, part, resumedBytes, startedMs, expected, mirrored } = runner;
  const nowMs = performance.now();
  const seconds = (nowMs - startedMs) / 1000;
  const view = core.view(nowMs).downloads.find(({ id }) => id === offer.download)!;
  const sizeBytes = view.sizeBytes ?? 0;
  // What an earlier run left is vouched for by this member now, and yet it came from whom it came.
  const earlier = part.resumed.map(({ signer }) => signer);
  const signers = [...core.signersOf(offer.download), ...earlier];
  const alone = view.lanBytes === 0 || view.originBytes === 0;
  return {
    download: offer.download,
    url: displayUrl(offer.url),
    path: finished.path,
    sizeBytes,
    sha256: finished.sha256,
    trust: trustOf(expected, signers, core.me, part.imported, mirrored),
    seconds,
    originBytes: view.originBytes,
    lanBytes: view.lanBytes,
    // The own link was busy all the time for its share, so the whole would have taken in proportion.
    aloneSeconds: alone ? undefined : (seconds * (sizeBytes - resumedBytes)) / view.originBytes,
  };
}
