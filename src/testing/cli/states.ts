import { queueStateOf } from '../../app/queue-state.ts';
import { NO_HISTORY } from '../../app/rate-history.ts';
import type { DownloadState, EngineState, MemberState, QueueState, RoomState } from '../../app/state.ts';
import type { StateSource } from '../../app/state-tracker.ts';

const MIB = 1024 * 1024;

/** A member as it looks in the middle of a download; the given fields replace the usual ones. */
export function memberState(fields: Partial<MemberState> = {}): MemberState {
  return {
    id: 'a'.repeat(64),
    name: 'alice',
    isMe: false,
    isConnected: true,
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

/** A download alone as it looks in the middle; the given fields replace the usual ones. */
export function downloadState(fields: Partial<DownloadState> = {}): DownloadState {
  return {
    id: 1,
    download: 'd'.repeat(32),
    room: undefined,
    url: 'https://cdimage.debian.org/debian-13.2.0-amd64-DVD-1.iso',
    fileName: 'debian-13.2.0-amd64-DVD-1.iso',
    path: '/home/alice/debian-13.2.0-amd64-DVD-1.iso',
    status: 'running',
    error: undefined,
    priority: 0,
    limitRate: undefined,
    sizeBytes: 1000 * MIB,
    heldBytes: 380 * MIB,
    resumedBytes: 0,
    originBytes: 380 * MIB,
    lanBytes: 0,
    uploadBytes: 0,
    roomOriginBytes: 380 * MIB,
    originRate: 12.3 * MIB,
    lanRate: 0,
    leftMs: 12_400,
    addedAtMs: 0,
    startedAtMs: 0,
    endedAtMs: undefined,
    pieces: {
      pieceBytes: MIB,
      pieceCount: 1000,
      runs: [
        { start: 0, end: 300, kind: 'held', by: undefined },
        { start: 300, end: 400, kind: 'active', by: undefined },
        { start: 400, end: 700, kind: 'peer', by: undefined },
      ],
    },
    history: NO_HISTORY,
    result: undefined,
    ...fields,
  };
}

/** An engine with these downloads and nothing else. `queue`: what its counts are, where there is more than that. */
export function engineState(
  downloads: readonly DownloadState[],
  queue: Partial<QueueState> = {},
  rooms: readonly RoomState[] = [],
): EngineState {
  const gate = { opensAtMs: undefined, isQuotaSpent: false };
  return {
    version: 1,
    downloads,
    rooms,
    queue: { ...queueStateOf(downloads, gate), ...queue },
    history: NO_HISTORY,
    settings: { limitRate: undefined, concurrent: 5 },
    notices: [],
  };
}

/** A download alone, in the middle. */
export function aloneState(fields: Partial<DownloadState> = {}): EngineState {
  return engineState([downloadState(fields)]);
}

/** Downloads of a room of `names`; the first of them is this member. Without `downloads`: one, in the middle. */
export function roomState(names: readonly string[], ...downloads: Partial<DownloadState>[]): EngineState {
  const members = names.map((name, i) =>
    memberState({ id: String(i).padStart(64, '0'), name, isMe: i === 0, originBytes: (100 + i * 37) * MIB }),
  );
  const room: RoomState = {
    id: 'room',
    way: 'host',
    invite: 'dragon://join/v1/room#k=secret',
    status: 'open',
    error: undefined,
    me: members[0]?.id,
    coordinator: members[0]?.id,
    epoch: 1,
    members,
    waitsFor: undefined,
  };
  const inRoom = {
    room: 'room',
    originBytes: 130 * MIB,
    lanBytes: 250 * MIB,
    uploadBytes: 150 * MIB,
    roomOriginBytes: 400 * MIB,
    lanRate: 34.5 * MIB,
  };
  const usual = downloads.length === 0 ? [{}] : downloads;
  return engineState(
    usual.map((fields, i) => downloadState({ id: i + 1, ...inRoom, ...fields })),
    {},
    [room],
  );
}

/** A source that always has the state that `draw` yields. */
export function sourceOf(draw: () => EngineState): StateSource {
  return {
    get state() {
      return draw();
    },
    get downloadCount() {
      return draw().downloads.length;
    },
  };
}
