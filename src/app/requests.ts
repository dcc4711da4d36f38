import type { RoomId } from '../core/ids.ts';
import type { Recipient } from '../downloads/download-commands.ts';
import type { HostTarget } from '../engine/base/host-target.ts';
import type { Job } from '../lists/job.ts';
import type { EngineSettings } from './state.ts';

/** What to download: a URL, or a job that says more (mirrors, digests, a directory). */
export type Target = string | Job;

/**
 * The commands that every face sends, in process. Each has done what it says when it resolves, or rejects with a
 * `DragonloadError` and has changed nothing: `unknown-download` or `unknown-room` for what is not there (any more),
 * `wrong-state` for what cannot be done with it now, or after the end, `usage` for values that make no sense. A wish that is
 * fulfilled already is no error: whoever pauses what is paused gets what he wants.
 *
 * Commands about a download reach it in whatever process of this user it is; what they resolve to says where.
 */
export interface Requests {
  /**
   * Puts downloads into the queue; their numbers, in order, each once. One that is there already keeps its number, and goes
   * on if it is paused or has failed.
   */
  add(targets: readonly Target[]): Promise<readonly number[]>;
  /** Stops it with its state kept. In a room this is to leave it: the others count on those who stay. */
  pause(id: number): Promise<Recipient>;
  /** Lets a paused or failed one go on. One that no process has goes on in this one. */
  resume(id: number): Promise<Recipient>;
  /** Takes it out of the list; what has arrived is deleted unless it is to be kept. A finished file is never deleted. */
  remove(id: number, options?: { readonly keepPart?: boolean }): Promise<Recipient>;
  /** Higher ones start first: -1000 to 1000. */
  setPriority(id: number, priority: number): Promise<Recipient>;
  /** In bytes per second, 1024 or more; undefined: none. */
  setLimit(id: number, bytesPerSecond: number | undefined): Promise<Recipient>;
  /** A fresh link for one that has expired. */
  refresh(id: number, url: string): Promise<Recipient>;
  /** Opens a room and downloads in it; shares what is here already. Its invite is in the state once the room is open. */
  host(targets: readonly HostTarget[]): Promise<RoomId>;
  /** Opens a room for files that are here already, and fetches nothing. */
  share(paths: readonly string[]): Promise<RoomId>;
  /** Takes part in what the room downloads. `wrong-state` for a room that this process is in already. */
  join(invite: string): Promise<RoomId>;
  /** Resolves when the others have been told and everything of the room is closed. */
  leave(room: RoomId): Promise<void>;
  /** What is left out stays as it is. */
  change(settings: Partial<EngineSettings>): Promise<void>;
}
