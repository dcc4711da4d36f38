import type { MemberId, RoomId } from '../ids.ts';
import type { DownloadStatus, MemberPhase } from '../messages.ts';
import type { Room } from '../rooms/room.ts';
import type { DownloadView, MemberView, View } from '../view.ts';
import type { DownloadCore } from './download-core.ts';
import { pieceRuns } from './piece-runs.ts';
import type { Statuses } from './statuses.ts';

interface Identity {
  readonly me: MemberId;
  readonly name: string;
  readonly room: { readonly id: RoomId; readonly invite: string } | undefined;
}

/** Draws the immutable picture that the faces show. */
export function buildView(
  identity: Identity,
  room: Room,
  downloads: readonly DownloadCore[],
  statuses: Statuses,
  nowMs: number,
): View {
  const current = downloads.find((download) => !download.state.isOver) ?? downloads.at(-1);
  const mine = current?.status(nowMs);
  const members: MemberView[] = [memberView(identity.me, identity.name, true, true, mine)];
  for (const entry of room.members) {
    if (entry.id === identity.me) continue;
    const theirs = statuses.of(entry.id);
    const same = theirs.find((status) => status.download === mine?.download) ?? theirs[0];
    members.push(memberView(entry.id, entry.name, false, room.sessions.has(entry.id), same));
  }
  return {
    me: identity.me,
    room: identity.room && { ...identity.room, coordinator: room.coordinator, epoch: room.epoch },
    members,
    downloads: downloads.map((download) =>
      downloadView(download, statuses, identity.room === undefined, nowMs),
    ),
  };
}

function memberView(
  id: MemberId,
  name: string,
  isMe: boolean,
  connected: boolean,
  status: DownloadStatus | undefined,
): MemberView {
  return {
    id,
    name,
    isMe,
    connected,
    download: status?.download,
    phase: (status?.phase ?? 'waiting') satisfies MemberPhase,
    heldBytes: status?.heldBytes ?? 0,
    originBytes: status?.originBytes ?? 0,
    lanBytes: status?.lanBytes ?? 0,
    uploadBytes: status?.uploadBytes ?? 0,
    originRate: status?.originRate ?? 0,
    lanRate: status?.lanRate ?? 0,
    canFetch: status?.fetching ?? false,
  };
}

function downloadView(
  download: DownloadCore,
  statuses: Statuses,
  isAlone: boolean,
  nowMs: number,
): DownloadView {
  const mine = download.status(nowMs);
  const { sizeBytes, pieceBytes, pieceCount } = download.state.geometry;
  let roomOriginBytes = mine.originBytes;
  let roomOriginRate = mine.originRate;
  for (const status of statuses.about(mine.download)) {
    roomOriginBytes += status.originBytes;
    roomOriginRate += status.originRate;
  }
  const leftBytes = sizeBytes === undefined ? undefined : sizeBytes - mine.heldBytes;
  // What this member lacks arrives at its own pace, which in a room follows the pace of all links together.
  const rate = Math.max(roomOriginRate, mine.originRate + mine.lanRate);
  return {
    id: mine.download,
    fileName: download.state.offer.fileName,
    url: withoutSecrets(download.state.offer.url),
    phase: mine.phase,
    sizeBytes,
    heldBytes: mine.heldBytes,
    originBytes: mine.originBytes,
    lanBytes: mine.lanBytes,
    uploadBytes: mine.uploadBytes,
    originRate: mine.originRate,
    lanRate: mine.lanRate,
    roomOriginBytes,
    pieceBytes,
    pieceCount,
    pieces: pieceRuns(download.state, { isAlone }),
    leftMs: leftBytes === undefined || rate <= 0 ? undefined : (leftBytes / rate) * 1000,
    startedMs: download.startedMs,
  };
}

/** Query, fragment and credentials of a URL can be secrets. */
function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([a-z]+:\/\/)[^/]*@/i, '$1');
}
