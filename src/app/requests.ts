import type { RoomId } from '../core/ids.ts';
import type { Job } from '../lists/job.ts';
import type { EngineSettings } from './state.ts';

/** What to download: a URL, or a job that says more (mirrors, digests, a directory). */
export type Target = string | Job;

/**
 * The commands that every face sends, in process. Each does what it says before it resolves, or rejects with a
 * `DragonloadError`: `unknown-download` or `unknown-room` for what is not there (any more), `wrong-state` for what cannot be
 * done with it now, `usage` for values that are none.
 */
export interface Requests {
  /** Puts downloads into the queue; their numbers, in order. One that is there already keeps its number. */
  add(targets: readonly Target[]): Promise<readonly number[]>;
  /** Stops it with its state kept. */
  pause(id: number): Promise<void>;
  /** Lets a paused or failed one go on. */
  resume(id: number): Promise<void>;
  /** Takes it out of the list; what has arrived is deleted unless it is to be kept. A finished file is never deleted. */
  remove(id: number, options?: { readonly keepPart?: boolean }): Promise<void>;
  /** Higher ones start first. */
  setPriority(id: number, priority: number): Promise<void>;
  /** In bytes per second, 1024 or more; undefined: none. */
  setLimit(id: number, bytesPerSecond: number | undefined): Promise<void>;
  /** A fresh link for one that has expired. */
  refresh(id: number, url: string): Promise<void>;
  /** Opens a room and downloads in it. Its invite is in the state once the room is open. */
  host(targets: readonly Target[]): Promise<RoomId>;
  /** Opens a room for files that are here already, and fetches nothing. */
  share(paths: readonly string[]): Promise<RoomId>;
  join(invite: string): Promise<RoomId>;
  leave(room: RoomId): Promise<void>;
  change(settings: Partial<EngineSettings>): Promise<void>;
}
