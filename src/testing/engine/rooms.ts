import type { TestContext } from 'node:test';
import type { HostTarget } from '../../engine/base/host-target.ts';
import type { TaskEvent, TaskOptions } from '../../engine/base/task.ts';
import { hostRoom } from '../../engine/room/host-way.ts';
import { joinRoom } from '../../engine/room/join-way.ts';
import type { RoomMember } from '../../engine/room/room-member.ts';
import { homeDirectory, until } from '../queue/queues.ts';

/** A member of a room in a home of its own, and what it has told. */
export interface TestRoomMember {
  readonly room: RoomMember;
  readonly home: string;
  readonly events: readonly TaskEvent[];
  /** Waits for the first event of a kind, by now or to come. */
  event<T extends TaskEvent['type']>(type: T): Promise<Extract<TaskEvent, { type: T }>>;
}

/** Starts a member, which is stopped after the test. */
export function startMember(
  t: TestContext,
  start: (options: TaskOptions) => RoomMember,
  options: TaskOptions = {},
): TestRoomMember {
  const home = options.home ?? homeDirectory(t);
  const events: TaskEvent[] = [];
  const room = start({
    home,
    directory: home,
    keepAwake: false,
    allowPrivate: true,
    lookUpDigests: false,
    consent: async () => true,
    onEvent: (event) => events.push(event),
    ...options,
  });
  t.after(() => room.stop());
  const find = <T extends TaskEvent['type']>(type: T) =>
    events.find((event): event is Extract<TaskEvent, { type: T }> => event.type === type);
  const event = async <T extends TaskEvent['type']>(type: T): Promise<Extract<TaskEvent, { type: T }>> => {
    let isOver = false;
    room.finished.then(
      () => (isOver = true),
      () => (isOver = true),
    );
    await until(() => find(type) !== undefined || isOver);
    const found = find(type);
    if (found === undefined) throw new Error(`It ended without the event ${type}: ${JSON.stringify(events)}`);
    return found;
  };
  return { room, home, events, event };
}

export function startHost(t: TestContext, targets: readonly HostTarget[], options?: TaskOptions) {
  return startMember(t, (all) => hostRoom(targets, all), options);
}

/** Joins the room of a host. */
export async function startJoiner(t: TestContext, host: TestRoomMember, options?: TaskOptions) {
  const { link } = await host.event('invite');
  return startMember(t, (all) => joinRoom(link, all), options);
}
