import type { Flag } from './flag.ts';
import { parseName, parsePort } from './values.ts';

/** How a member takes part in a room. */
export const ROOM_FLAGS = [
  {
    group: 'Room',
    long: '--name',
    value: 'NAME',
    help: 'how the others in the room see you (default: the host name)',
    idleIn: ['get'],
    isOnce: true,
    parse: parseName,
    to: 'task.name',
  },
  {
    group: 'Room',
    long: '--port',
    value: 'N',
    help: 'TCP port for the room (default: any free one)',
    idleIn: ['get'],
    isOnce: true,
    parse: parsePort,
    to: 'task.port',
  },
  {
    group: 'Room',
    long: '--yes',
    help: 'accept what the room offers without asking',
    idleIn: ['get'],
    isOnce: true,
    to: 'run.yes',
  },
  {
    group: 'Room',
    long: '--stay',
    help: 'keep serving the room until stopped',
    idleIn: ['get'],
    isOnce: true,
    to: 'task.stay',
    excludes: '--leave',
  },
  {
    group: 'Room',
    long: '--leave',
    help: 'leave as soon as everything is here, whoever still needs it',
    idleIn: ['get'],
    isOnce: true,
    to: 'task.leave',
  },
] as const satisfies readonly Flag[];
