import type { HostTarget } from '../engine/base/host-target.ts';
import type { Task, TaskOptions } from '../engine/base/task.ts';
import { GetTask } from '../engine/queue/get-task.ts';
import type { RoomControls } from '../engine/room/room-controls.ts';
import type { Job } from '../lists/job.ts';

/** Downloads alone. The room's machinery is not even loaded. */
export function startGet(targets: readonly (string | Job)[], options: TaskOptions = {}): Task {
  return new GetTask(targets, options).start();
}

/** Opens a room in this process and downloads in it. */
export async function startHost(
  targets: readonly HostTarget[],
  options: TaskOptions = {},
): Promise<Task & RoomControls> {
  const { hostRoom } = await import('../engine/room/host-way.ts');
  return hostRoom(targets, options);
}

/** Joins a room and takes part in its downloads. */
export async function startJoin(invite: string, options: TaskOptions = {}): Promise<Task & RoomControls> {
  const { joinRoom } = await import('../engine/room/join-way.ts');
  return joinRoom(invite, options);
}
