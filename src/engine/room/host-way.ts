import { DragonloadError } from '../../core/errors.ts';
import { formatInvite, newRoomId, newSecret } from '../../lan/invite.ts';
import type { Job } from '../../lists/job.ts';
import { type HostTarget, isLocalFile, type LocalFile } from '../base/host-target.ts';
import type { TaskOptions } from '../base/task.ts';
import { findOrigin } from '../download/find-file.ts';
import { addFound, addLocal, openLocal } from './host-downloads.ts';
import { RoomMember, type RoomWay } from './room-member.ts';
import { HOST_STAY_MS } from './stay.ts';

/** `host`: opens a room in this process and downloads in it. */
export function hostRoom(targets: readonly HostTarget[], options: TaskOptions): RoomMember {
  return new RoomMember(new HostWay(targets), options).start();
}

/** What a target has turned out to be: takes it on as the so-manieth download of the room. */
type TakeOn = (order: number) => Promise<void>;

class HostWay implements RoomWay {
  readonly kind = 'host';
  readonly awaits = { members: 1, forMs: HOST_STAY_MS };
  readonly #targets: readonly (Job | LocalFile)[];

  constructor(targets: readonly HostTarget[]) {
    this.#targets = targets.map((target) => (typeof target === 'string' ? { url: target } : target));
  }

  async open(room: RoomMember): Promise<void> {
    for (const target of this.#targets) {
      if (isLocalFile(target)) continue;
      const { url, mirrors = [] } = target;
      for (const named of [url, ...mirrors]) room.origins.addNamed(named, url);
    }
    const access = { id: newRoomId(), secret: newSecret() };
    // A room for a file that is not there would be of no use: the first one is looked at before anybody is invited.
    const [first] = await Promise.all([
      this.#look(this.#targets[0]!, room),
      room.openSession(access, room.options.port ?? 0),
    ]);
    const invite = formatInvite({
      room: access.id,
      addresses: room.session.addresses(),
      vault: room.identity.id,
      secret: access.secret,
    });
    room.startCore({ id: access.id, invite }, 1);
    room.member.emit({ type: 'invite', link: invite });
    for (const [order, target] of this.#targets.entries()) {
      if (room.signal.aborted) return;
      try {
        const takeOn = order === 0 ? first : await this.#look(target, room);
        await takeOn(order);
      } catch (thrown) {
        room.member.fail(isLocalFile(target) ? target.path : target.url, DragonloadError.from(thrown));
      }
    }
  }

  offered(): void {}

  async #look(target: Job | LocalFile, room: RoomMember): Promise<TakeOn> {
    if (isLocalFile(target)) {
      const shared = await openLocal(target, room);
      return async (order) => addLocal(shared, order, room);
    }
    const { signal } = room;
    const found = await findOrigin(target, (url) => room.origins.openNamed(url, true), {
      take: false,
      signal,
    });
    room.origins.reachedFrom(found.probe.localAddress);
    return (order) => addFound(target, order, found, room);
  }
}
