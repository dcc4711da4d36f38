import { SoloTask } from './solo-task.ts';
import type { Task, TaskOptions } from './task.ts';

/** Downloads alone. The room's machinery is not even loaded. */
export function startGet(urls: readonly string[], options: TaskOptions = {}): Task {
  return new SoloTask(urls, options).start();
}

/** Opens a room in this process and downloads in it. */
export async function startHost(urls: readonly string[], options: TaskOptions = {}): Promise<Task> {
  const { HostTask } = await import('./host-task.ts');
  return new HostTask(urls, options).start();
}

/** Joins a room and takes part in its downloads. */
export async function startJoin(invite: string, options: TaskOptions = {}): Promise<Task> {
  const { JoinTask } = await import('./join-task.ts');
  return new JoinTask(invite, options).start();
}
