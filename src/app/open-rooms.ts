import { DragonloadError } from '../core/errors.ts';
import type { RoomId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import type { Task, TaskEvent, TaskOptions } from '../engine/base/task.ts';
import type { RoomControls } from '../engine/room/room-controls.ts';
import type { StateTracker } from './state-tracker.ts';
import type { TrackedTask } from './tracked-task.ts';

/** The event that tells that this member is in. */
const IS_IN = { host: 'invite', join: 'member' } as const;

/** So many rooms that have ended are shown. */
const MAX_ENDED = 50;

/** A room that this process takes part in. */
export type OpenRoom = Task & RoomControls;

/** The rooms that this process is in, by their ids, from before they are open until they have ended. */
export class OpenRooms {
  readonly #options: TaskOptions;
  readonly #tracker: StateTracker;
  readonly #onChange: () => void;
  readonly #rooms = new Map<OpenRoom, TrackedTask>();
  readonly #open = new Map<RoomId, OpenRoom>();
  /** Rooms that are being joined. */
  readonly #joining = new Set<RoomId>();
  /** Rooms that the user leaves. */
  readonly #leaving = new Set<OpenRoom>();
  /** In the state, the oldest first. */
  readonly #ended: TrackedTask[] = [];
  readonly #results: Result[] = [];
  #failure: DragonloadError | undefined;
  #isClosed = false;

  /** `onChange`: a room is about to be opened or joined, is open, or has ended. */
  constructor(options: TaskOptions, tracker: StateTracker, onChange: () => void) {
    this.#options = options;
    this.#tracker = tracker;
    this.#onChange = onChange;
  }

  /** All that have not ended. */
  get all(): readonly OpenRoom[] {
    return [...this.#rooms.keys()];
  }

  /** What was downloaded in rooms that have ended. */
  get results(): readonly Result[] {
    return this.#results;
  }

  /** Of the first room that has failed, or was broken off otherwise than by `leave`. */
  get failure(): DragonloadError | undefined {
    return this.#failure;
  }

  /** Opens a room. Rejects with what `start` or the room fails with before it is open. */
  host(start: (options: TaskOptions) => Promise<OpenRoom>): Promise<RoomId> {
    return this.#enter('host', start);
  }

  /** Joins `room`. Throws `wrong-state` when this process is in it already; as `host` else. */
  async join(room: RoomId, start: (options: TaskOptions) => Promise<OpenRoom>): Promise<RoomId> {
    if (this.#open.has(room) || this.#joining.has(room))
      throw new DragonloadError('wrong-state', 'This room is joined already.');
    this.#joining.add(room);
    try {
      return await this.#enter('join', start);
    } finally {
      this.#joining.delete(room);
    }
  }

  /** Resolves when the others have been told and all of it is closed. Throws `unknown-room`. */
  async leave(id: RoomId): Promise<void> {
    const room = this.#open.get(id);
    if (room === undefined) throw new DragonloadError('unknown-room', 'There is no such room here.');
    this.#leaving.add(room);
    this.#rooms.get(room)?.leaving();
    await room.stop();
  }

  /** Leaves all rooms. Those that are about to be opened are left as well, and no other can be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.all.map((room) => room.stop()));
  }

  async #enter(way: 'host' | 'join', start: (options: TaskOptions) => Promise<OpenRoom>): Promise<RoomId> {
    const tracked = this.#tracker.track(way);
    try {
      return await this.#begin(way, start, tracked);
    } catch (thrown) {
      this.#tracker.forget(tracked);
      throw thrown;
    }
  }

  async #begin(
    way: 'host' | 'join',
    start: (options: TaskOptions) => Promise<OpenRoom>,
    tracked: TrackedTask,
  ): Promise<RoomId> {
    const opened = Promise.withResolvers<void>();
    const onEvent = (event: TaskEvent): void => {
      this.#tracker.heard(tracked, event);
      this.#options.onEvent?.(event);
      if (event.type === IS_IN[way]) opened.resolve();
    };
    const room = await start({ ...this.#options, onEvent });
    if (this.#isClosed) await room.stop();
    tracked.attach(room);
    this.#rooms.set(room, tracked);
    this.#onChange();
    const isOver = this.#follow(room);
    await Promise.race([opened.promise, isOver]);
    const id = room.view().room?.id;
    if (id === undefined) throw new DragonloadError('room-failed', 'The room has ended before it was open.');
    if (this.#rooms.has(room)) this.#open.set(id, room);
    this.#onChange();
    return id;
  }

  /** Settles as the room does, when it has been taken out. */
  async #follow(room: OpenRoom): Promise<void> {
    try {
      this.#results.push(...(await room.finished));
    } catch (thrown) {
      const error = DragonloadError.from(thrown);
      // Whoever wanted to open it hears of it when that fails.
      const wasOpen = [...this.#open.values()].includes(room);
      if (wasOpen && !this.#leaving.has(room)) this.#failure ??= error;
      throw error;
    } finally {
      this.#remember(this.#rooms.get(room));
      this.#rooms.delete(room);
      this.#leaving.delete(room);
      for (const [id, open] of this.#open) if (open === room) this.#open.delete(id);
      this.#onChange();
    }
  }
  /** Rooms that have ended stay in the state, the latest of them. */
  #remember(tracked: TrackedTask | undefined): void {
    if (tracked !== undefined) this.#ended.push(tracked);
    if (this.#ended.length <= MAX_ENDED) return;
    const [oldest] = this.#ended.splice(0, 1);
    if (oldest !== undefined) this.#tracker.forget(oldest);
  }
}
