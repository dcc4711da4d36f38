import type { DownloadView, MemberView, View } from '../../core/view.ts';

const MIB = 1024 * 1024;

/** A member as it looks in the middle of a download; the given fields replace the usual ones. */
function memberView(fields: Partial<MemberView> = {}): MemberView {
  return {
    id: 'a'.repeat(64),
    name: 'alice',
    isMe: false,
    connected: true,
    download: 'd'.repeat(32),
    phase: 'downloading',
    heldBytes: 300 * MIB,
    originBytes: 100 * MIB,
    lanBytes: 200 * MIB,
    uploadBytes: 150 * MIB,
    originRate: 12.3 * MIB,
    lanRate: 34.5 * MIB,
    canFetch: true,
    ...fields,
  };
}

/** A download as it looks in the middle; the given fields replace the usual ones. */
function downloadView(fields: Partial<DownloadView> = {}): DownloadView {
  return {
    id: 'd'.repeat(32),
    fileName: 'debian-13.2.0-amd64-DVD-1.iso',
    url: 'https://cdimage.debian.org/debian-13.2.0-amd64-DVD-1.iso',
    phase: 'downloading',
    sizeBytes: 1000 * MIB,
    heldBytes: 380 * MIB,
    originBytes: 130 * MIB,
    lanBytes: 250 * MIB,
    uploadBytes: 150 * MIB,
    originRate: 12.3 * MIB,
    lanRate: 34.5 * MIB,
    roomOriginBytes: 400 * MIB,
    pieceBytes: MIB,
    pieceCount: 1000,
    pieces: [
      { start: 0, end: 300, kind: 'held', by: undefined },
      { start: 300, end: 400, kind: 'active', by: undefined },
      { start: 400, end: 700, kind: 'peer', by: undefined },
    ],
    leftMs: 12_400,
    startedMs: 0,
    ...fields,
  };
}

/** A room of `names` in the middle of one download; the first of them is this member. */
export function roomView(names: readonly string[], download: Partial<DownloadView> = {}): View {
  const members = names.map((name, i) =>
    memberView({ id: String(i).padStart(64, '0'), name, isMe: i === 0, originBytes: (100 + i * 37) * MIB }),
  );
  return {
    me: members[0]?.id ?? '',
    room: { id: 'room', invite: 'dragon://join/v1/room#k=secret', coordinator: members[0]?.id, epoch: 1 },
    members,
    downloads: [downloadView(download)],
  };
}
