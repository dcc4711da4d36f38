import { DragonloadError } from '../core/errors.ts';
import type { RoomId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import type { Task, TaskEvent, TaskOptions } from '../engine/base/task.ts';
import type { RoomControls } from '../engine/room/room-controls.ts';

/** A room that this process takes part in. */
export type OpenRoom = Task & RoomControls;

export interface OpenRoomsHooks {
  readonly onEvent: (event: TaskEvent) => void;
  /** A room is about to be opened or joined, is open, or has ended. */
  readonly onChange: () => void;
}

/** The rooms that this process is in, by their ids, from before they are open until they have ended. */
export class OpenRooms {
  readonly #options: TaskOptions;
  readonly #hooks: OpenRoomsHooks;
  readonly #rooms = new Set<OpenRoom>();
  readonly #open = new Map<RoomId, OpenRoom>();
  /** Rooms that are being joined. */
  readonly #joining = new Set<RoomId>();
  /** Rooms that the user leaves. */
  readonly #leaving = new Set<OpenRoom>();
  readonly #results: Result[] = [];
  #failure: DragonloadError | undefined;
  #isClosed = false;

  constructor(options: TaskOptions, hooks: OpenRoomsHooks) {
    this.#options = options;
    this.#hooks = hooks;
  }

  /** All that have not ended. */
  get all(): ReadonlySet<OpenRoom> {
    return this.#rooms;
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
    return this.#enter(start, 'invite');
  }

  /** Joins `room`. Throws `wrong-state` when this process is in it already; as `host` else. */
  async join(room: RoomId, start: (options: TaskOptions) => Promise<OpenRoom>): Promise<RoomId> {
    if (this.#open.has(room) || this.#joining.has(room))
      throw new DragonloadError('wrong-state', 'This room is joined already.');
    this.#joining.add(room);
    try {
      return await this.#enter(start, 'member');
    } finally {
      this.#joining.delete(room);
    }
  }

  /** Resolves when the others have been told and all of it is closed. Throws `unknown-room`. */
  async leave(id: RoomId): Promise<void> {
    const room = this.#open.get(id);
    if (room === undefined) throw new DragonloadError('unknown-room', 'There is no such room here.');
    this.#leaving.add(room);
    await room.stop();
  }

  /** Leaves all rooms. Those that are about to be opened are left as well, and no other can be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#rooms].map((room) => room.stop()));
  }

  /** `opensWith`: the event that tells that this member is in. */
  async #enter(
    start: (options: TaskOptions) => Promise<OpenRoom>,
    opensWith: 'invite' | 'member',
  ): Promise<RoomId> {
    const opened = Promise.withResolvers<void>();
    const onEvent = (event: TaskEvent): void => {
      this.#hooks.onEvent(event);
      if (event.type === opensWith) opened.resolve();
    };
    const room = await start({ ...this.#options, onEvent });
    if (this.#isClosed) await room.stop();
    this.#rooms.add(room);
    this.#hooks.onChange();
    const isOver = this.#follow(room);
    await Promise.race([opened.promise, isOver]);
    const id = room.view().room?.id;
    if (id === undefined) throw new DragonloadError('room-failed', 'The room has ended before it was open.');
    if (this.#rooms.has(room)) this.#open.set(id, room);
    this.#hooks.onChange();
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
      this.#rooms.delete(room);
      this.#leaving.delete(room);
      for (const [id, open] of this.#open) if (open === room) this.#open.delete(id);
      this.#hooks.onChange();
    }
  }
}
