import { DragonloadError } from '../core/errors.ts';
import type { DownloadId, RoomId } from '../core/ids.ts';
import type { MemberView } from '../core/view.ts';
import type { Task, TaskEvent } from '../engine/base/task.ts';
import type { DownloadRates, ListedDownload, TaskPicture } from '../engine/base/task-picture.ts';
import { downloadState, errorState } from './download-state.ts';
import { sameDownload } from './same-state.ts';
import type { DownloadState, MemberState, RateHistory, RoomState } from './state.ts';

/** What the state needs of a task. */
export interface Trackable extends Pick<Task, 'picture' | 'rates' | 'downloadCount'> {
  /** Undefined for what has no end of its own, as a queue that stays. */
  readonly finished?: Promise<unknown>;
}

/** How its downloads came to be: `get` for downloads alone, else the way into the room. */
export type TaskWay = 'get' | RoomState['way'];

/** What a task adds to the state. */
export interface TaskPart {
  readonly downloads: readonly DownloadState[];
  /** Undefined for downloads alone, and until the room is open. */
  readonly room: RoomState | undefined;
  readonly opensInMs: number | undefined;
  readonly isQuotaSpent: boolean;
}

interface Drawn {
  readonly listed: ListedDownload;
  readonly state: DownloadState;
}

/** One task whose downloads, and room if it has one, are in the state. Its events may come before the task is there. */
export class TrackedTask {
  readonly #way: TaskWay;
  readonly #historyOf: (id: number) => RateHistory;
  readonly #onChange: () => void;
  #task: Trackable | undefined;
  readonly #resumedBytes = new Map<DownloadId, number>();
  #drawn: readonly Drawn[] = [];
  #states: readonly DownloadState[] = [];
  #status: RoomState['status'] = 'open';
  #error: DragonloadError | undefined;
  #waitsFor: RoomState['waitsFor'];

  /** `onChange`: there is news that no download tells of. */
  constructor(way: TaskWay, historyOf: (id: number) => RateHistory, onChange: () => void) {
    this.#way = way;
    this.#historyOf = historyOf;
    this.#onChange = onChange;
  }

  /** The task is there. Called once. */
  attach(task: Trackable): void {
    this.#task = task;
    const ended = (status: RoomState['status'], error?: DragonloadError): void => {
      this.#status = status;
      this.#error = error;
      this.#onChange();
    };
    task.finished?.then(
      () => ended('left'),
      (thrown: unknown) => {
        const error = DragonloadError.from(thrown);
        if (error.code === 'aborted') ended('left');
        else ended('failed', error);
      },
    );
  }

  /** The user leaves the room: what follows is its ending. */
  leaving(): void {
    if (this.#status !== 'open') return;
    this.#status = 'leaving';
    this.#onChange();
  }

  heard(event: TaskEvent): void {
    if (event.type === 'resumed') this.#resumedBytes.set(event.download, event.bytes);
    if (event.type !== 'waiting') return;
    this.#waitsFor = event.for;
    this.#onChange();
  }

  get downloadCount(): number {
    return this.#task?.downloadCount ?? 0;
  }

  /** The rates of what runs now. */
  rates(): readonly DownloadRates[] {
    return this.#task?.rates() ?? [];
  }

  draw(): TaskPart {
    const picture = this.#task?.picture();
    if (picture === undefined)
      return { downloads: [], room: undefined, opensInMs: undefined, isQuotaSpent: false };
    const { opensInMs, isQuotaSpent } = picture;
    return { downloads: this.#downloads(picture), room: this.#room(picture), opensInMs, isQuotaSpent };
  }

  /** A download that has not changed is the same object as the last time, and so is the list of all. */
  #downloads({ downloads, room }: TaskPicture): readonly DownloadState[] {
    const before = this.#drawn;
    let isSame = downloads.length === before.length;
    // Tasks keep the order of their downloads, and new ones come last: those that do not match have been removed.
    let at = 0;
    this.#drawn = downloads.map((listed) => {
      while (at < before.length && before[at]!.listed.id !== listed.id) at++;
      const known = before[at];
      if (known?.listed === listed) return known;
      const state = this.#stateOf(listed, room?.id);
      if (known !== undefined && sameDownload(known.state, state)) return { listed, state: known.state };
      isSame = false;
      return { listed, state };
    });
    if (!isSame) this.#states = this.#drawn.map(({ state }) => state);
    return this.#states;
  }

  #stateOf(listed: ListedDownload, room: RoomId | undefined): DownloadState {
    const { id, download } = listed;
    const resumedBytes = (download === undefined ? undefined : this.#resumedBytes.get(download)) ?? 0;
    return downloadState(listed, { room, resumedBytes, history: this.#historyOf(id) });
  }

  #room({ room, me, members, downloads }: TaskPicture): RoomState | undefined {
    if (room === undefined || this.#way === 'get') return undefined;
    const isOver = downloads.every(({ status }) => status === 'done' || status === 'failed');
    return {
      id: room.id,
      way: this.#way,
      invite: room.invite === '' ? undefined : room.invite,
      status: this.#status,
      error: this.#error && errorState(this.#error),
      me,
      coordinator: room.coordinator,
      epoch: room.epoch,
      members: members.map(memberState),
      waitsFor: this.#status === 'open' && isOver ? this.#waitsFor : undefined,
    };
  }
}

function memberState({ connected, ...member }: MemberView): MemberState {
  return { ...member, isConnected: connected || member.isMe };
}
