// The declarations use types of Node; a consumer whose tsconfig names none gets them through this line.
/// <reference types="node" preserve="true" />

import type { Target } from './app/requests.ts';
import { startGet, startHost, startJoin } from './app/start.ts';
import { DragonloadError } from './core/errors.ts';
import { advice } from './core/hint.ts';
import type { HostTarget } from './engine/base/host-target.ts';
import type { Task, TaskOptions } from './engine/base/task.ts';
import type { StaticOptions, User } from './engine/room/list-way.ts';

export {
  type DownloadCommands,
  Dragonload,
  type DragonloadOptions,
  type Recipient,
} from './app/dragonload.ts';
export { type Cell, pieceCells } from './app/piece-cells.ts';
export {
  currentDownload,
  isSeveral,
  type QueueSummary,
  queueSummary,
} from './app/queue-summary.ts';
export type { Requests, Target } from './app/requests.ts';
export type {
  DownloadState,
  DownloadStatus,
  EngineSettings,
  EngineState,
  ErrorState,
  MemberState,
  Notice,
  PieceMap,
  QueueState,
  RateHistory,
  ResultState,
  RoomState,
} from './app/state.ts';
export type { StateListener, SubscribeOptions } from './app/state-store.ts';
export { DragonloadError, type ErrorCode, type ErrorFacts, type ErrorValue } from './core/errors.ts';
export type { Hint } from './core/hint.ts';
export type { Offer } from './core/messages.ts';
export type { Result, Trust } from './core/result.ts';
export type { DownloadView, MemberView, PieceRun, QueueView, RoomView, View } from './core/view.ts';
export type { HostTarget, LocalFile } from './engine/base/host-target.ts';
export type { QueueOptions, Task, TaskEvent, TaskOptions } from './engine/base/task.ts';
export type { StaticOptions, User } from './engine/room/list-way.ts';
export type { Job, PieceHashes, StatedDigest } from './lists/job.ts';

/** Downloads alone, several beside each other: resumes, verifies, and is the same engine with one member. */
export function get(targets: Target | readonly Target[], options?: TaskOptions): Task {
  return startGet(listOf(targets), options);
}

/** Opens a room here, downloads in it and shares files that are here; the `invite` event carries the link for the others. */
export function host(targets: HostTarget | readonly HostTarget[], options?: TaskOptions): Promise<Task> {
  return startHost(listOf(targets), options);
}

/** Joins a room. `options.consent` is asked about each download that the room offers. */
export function join(invite: string, options?: TaskOptions): Promise<Task> {
  return startJoin(invite, options);
}

/**
 * Downloads together with the users of a list that everybody has, without a vault: each calls this with the same URL,
 * list and secret, and with an id of their own.
 *
 * @param userCount must be the length of `userList`: a guard against lists that differ.
 * @throws DragonloadError `usage` when the id is not in the list, the count is wrong or the secret is too short.
 */
export async function startDragonload(
  url: string,
  userCount: number,
  userId: User['id'],
  userList: readonly User[],
  options: StaticOptions,
): Promise<Task> {
  if (userList.length !== userCount) {
    throw new DragonloadError('usage', `The list has ${userList.length} users, not ${userCount}.`, {
      hint: advice('Give everybody the same list, and its length as userCount.'),
    });
  }
  const { listRoom } = await import('./engine/room/list-way.ts');
  return listRoom(url, userList, userId, options);
}

function listOf<T>(targets: T | readonly T[]): readonly T[] {
  return isList(targets) ? targets : [targets];
}

function isList<T>(targets: T | readonly T[]): targets is readonly T[] {
  return Array.isArray(targets);
}
