import { DragonloadError } from '../../core/errors.ts';
import { formatInvite, newRoomId, newSecret } from '../../lan/invite.ts';
import type { Job } from '../../lists/job.ts';
import { withoutUser } from '../../url/web-url.ts';
import type { TaskOptions } from '../base/task.ts';
import { type FoundOrigin, findOrigin } from '../download/find-file.ts';
import { expectedDigests } from '../download/new-download.ts';
import { makeOffer } from '../download/offers.ts';
import { RoomMember, type RoomWay } from './room-member.ts';
import { HOST_STAY_MS } from './stay.ts';

/** `host`: opens a room in this process and downloads in it. */
export function hostRoom(targets: readonly (string | Job)[], options: TaskOptions): RoomMember {
  return new RoomMember(new HostWay(targets), options).start();
}

class HostWay implements RoomWay {
  readonly kind = 'host';
  readonly awaits = { members: 1, forMs: HOST_STAY_MS };
  readonly #jobs: readonly Job[];

  constructor(targets: readonly (string | Job)[]) {
    this.#jobs = targets.map((target) => (typeof target === 'string' ? { url: target } : target));
  }

  async open(room: RoomMember): Promise<void> {
    for (const { url, mirrors = [] } of this.#jobs)
      for (const named of [url, ...mirrors]) room.addNamed(named, url);
    const access = { id: newRoomId(), secret: newSecret() };
    const first = this.#jobs[0]!;
    // A room for a file that is not there would be of no use: the first one is looked at before anybody is invited.
    const [found] = await Promise.all([
      this.#find(first, room),
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
    for (const [order, job] of this.#jobs.entries()) {
      if (room.signal.aborted) return;
      try {
        await this.#add(job, order, order === 0 ? found : await this.#find(job, room), room);
      } catch (thrown) {
        room.member.fail(job.url, DragonloadError.from(thrown));
      }
    }
  }

  offered(): void {}

  async #find(job: Job, room: RoomMember): Promise<FoundOrigin> {
    const { signal } = room;
    const found = await findOrigin(job, (url) => room.openOrigin(url, true), { take: false, signal });
    room.reachedFrom(found.probe.localAddress);
    return found;
  }

  async #add(job: Job, order: number, found: FoundOrigin, room: RoomMember): Promise<void> {
    const { origin, probe, url, others } = found;
    const { ranges, identity } = probe;
    // The others are offered the address that has the file: they could not compare a further one with a dead first.
    const { checksums, pieces, output } = job;
    const { checksum: common } = room.options;
    const checksum = common ?? checksums?.[0]?.checksum;
    const fileName = job.fileName ?? probe.fileName;
    const offer = makeOffer({ url, fileName, ranges, identity, checksum, order });
    await room.addDownload(
      {
        offer,
        origin,
        knownBy: url === job.url ? undefined : withoutUser(job.url),
        mirrors: others,
        expected: expectedDigests(offer, probe.digests, common, checksums),
        pieces,
        output,
        openBeside: (beside, trusted) => room.origins.open(beside, { trusted, of: job.url }),
      },
      job,
    );
    const { download } = offer;
    room.member.dispatch({ type: 'probe-done', download, canFetch: true, message: undefined });
  }
}
