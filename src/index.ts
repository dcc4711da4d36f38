// The declarations use types of Node; a consumer whose tsconfig names none gets them through this line.
/// <reference types="node" preserve="true" />
import { DragonloadError } from './core/errors.ts';
import { startGet, startHost, startJoin } from './member/start.ts';
import type { StaticOptions, User } from './member/static-task.ts';
import type { Task, TaskOptions } from './member/task.ts';

export { DragonloadError, type ErrorCode } from './core/errors.ts';
export type { Offer } from './core/messages.ts';
export type { Cell, DownloadView, MemberView, RoomView, View } from './core/view.ts';
export type { StaticOptions, User } from './member/static-task.ts';
export type { Result, Task, TaskEvent, TaskOptions, Trust } from './member/task.ts';

/** Downloads alone: resumes, verifies, and is the same engine with one member. */
export function get(urls: string | readonly string[], options?: TaskOptions): Task {
  return startGet(typeof urls === 'string' ? [urls] : urls, options);
}

/** Opens a room here and downloads in it; the `invite` event carries the link for the others. */
export function host(urls: string | readonly string[], options?: TaskOptions): Promise<Task> {
  return startHost(typeof urls === 'string' ? [urls] : urls, options);
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
      next: 'Give everybody the same list, and its length as userCount.',
    });
  }
  const { StaticTask } = await import('./member/static-task.ts');
  return new StaticTask(url, userList, userId, options).start();
}
