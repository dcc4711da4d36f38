import type { Event } from '../contract.ts';
import type { DownloadCore } from './download-core.ts';

/** What happens to one download of this member. */
export type DownloadEvent = Exclude<
  Event,
  {
    type:
      | 'tick'
      | 'peer-up'
      | 'peer-down'
      | 'message'
      | 'add-download'
      | 'leave'
      | 'serve-request'
      | 'served'
      | 'declined'
      | 'network-changed'
      | 'add-sources';
  }
>;

/** Hands an event to the download that it is about. True when the file's size became known by it. */
export function passOn(download: DownloadCore, event: DownloadEvent, nowMs: number): boolean {
  switch (event.type) {
    case 'size-known':
      return download.sizeKnown(event.sizeBytes, nowMs);
    case 'probe-done':
      download.course.probed(event, nowMs);
      break;
    case 'origin-bytes':
      download.originBytes(event, nowMs);
      break;
    case 'origin-ended':
      download.originEnded(event, nowMs);
      break;
    case 'pull-bytes':
      download.pullBytes(event, nowMs);
      break;
    case 'pull-ended':
      download.pullEnded(event, nowMs);
      break;
    case 'records':
      for (const record of event.records) download.learn(record, nowMs);
      break;
    case 'hashed':
      download.hashed(event.piece, event.sha256, nowMs);
      break;
    case 'kept':
      download.kept(event.record, nowMs);
      break;
    case 'finished':
      download.course.finished(nowMs);
      break;
    case 'suspect':
      download.course.suspect(event.pieces, event.reason, nowMs);
      break;
    case 'failed':
      download.course.failed(event.reason, nowMs);
      break;
  }
  return false;
}
