import type { RoomId } from '../../core/ids.ts';
import type { LocalDownloads } from '../../downloads/download-commands.ts';
import { parseInvite } from '../../lan/invite.ts';

/** How the process that takes part in a room commands it, beside stopping it. */
export interface RoomControls {
  /** The downloads that this process has in the room. */
  readonly downloads: LocalDownloads;
  /** For all that is fetched from origins, in bytes per second; undefined: none. */
  setLimit(bytesPerSecond: number | undefined): void;
}

/** The room that an invite leads to. Throws `bad-invite`. */
export function roomOf(invite: string): RoomId {
  return parseInvite(invite).room;
}
