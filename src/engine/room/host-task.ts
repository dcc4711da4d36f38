import { DragonloadError } from '../../core/errors.ts';
import { formatInvite, newRoomId, newSecret } from '../../lan/invite.ts';
import type { Job } from '../../lists/job.ts';
import { withoutUser } from '../../url/web-url.ts';
import type { TaskOptions } from '../base/task.ts';
import { type FoundOrigin, findOrigin } from '../download/find-file.ts';
import { makeOffer } from '../download/offers.ts';
import { RoomTask } from './room-task.ts';

/** `host`: opens a room in this process and downloads in it. */
export class HostTask extends RoomTask {
  protected readonly way = 'host';
  readonly #jobs: readonly Job[];

  constructor(targets: readonly (string | Job)[], options: TaskOptions) {
    super(options);
    this.#jobs = targets.map((target) => (typeof target === 'string' ? { url: target } : target));
    for (const { url, mirrors = [] } of this.#jobs)
      for (const named of [url, ...mirrors]) this.addNamed(named, url);
  }

  protected async open(): Promise<void> {
    const room = { id: newRoomId(), secret: newSecret() };
    const first = this.#jobs[0]!;
    // A room for a file that is not there would be of no use: the first one is looked at before anybody is invited.
    const [found] = await Promise.all([this.#find(first), this.openLan(room, this.options.port ?? 0)]);
    const invite = formatInvite({
      room: room.id,
      addresses: this.lan.addresses(),
      vault: this.identity.id,
      secret: room.secret,
    });
    this.startRoomEngine({ id: room.id, invite }, 1);
    this.emit({ type: 'invite', link: invite });
    for (const [order, job] of this.#jobs.entries()) {
      if (this.stopping.signal.aborted) return;
      try {
        await this.#add(job, order, order === 0 ? found : await this.#find(job));
      } catch (thrown) {
        this.fail(job.url, DragonloadError.from(thrown));
      }
    }
  }

  async #find(job: Job): Promise<FoundOrigin> {
    const { signal } = this.stopping;
    const found = await findOrigin(job, (url) => this.openOrigin(url, true), { take: false, signal });
    this.originLocalAddress ??= found.probe.localAddress;
    return found;
  }

  async #add(job: Job, order: number, { origin, probe, url, others }: FoundOrigin): Promise<void> {
    const { ranges, identity } = probe;
    // The others are offered the address that has the file: they could not compare a further one with a dead first.
    const { checksums, pieces, output } = job;
    const checksum = this.options.checksum ?? checksums?.[0]?.checksum;
    const fileName = job.fileName ?? probe.fileName;
    const offer = makeOffer({ url, fileName, ranges, identity, checksum, order });
    const expected = this.expectedOf(offer, probe.digests, checksums);
    this.upkeep.added(offer, job);
    await this.addDownload({
      offer,
      origin,
      knownBy: url === job.url ? undefined : withoutUser(job.url),
      mirrors: others,
      expected,
      pieces,
      output,
      openBeside: (beside, trusted) => this.origins.open(beside, { trusted, of: job.url }),
    });
    this.dispatch({ type: 'probe-done', download: offer.download, canFetch: true, message: undefined });
  }

  protected onOffered(): void {}
}
