import { DragonloadError } from '../core/errors.ts';
import { formatInvite, newRoomId, newSecret } from '../lan/invite.ts';
import type { Origin } from '../origin/origin.ts';
import type { Probe } from '../origin/probe.ts';
import { makeOffer } from './offers.ts';
import { RoomTask } from './room-task.ts';
import type { TaskOptions } from './task.ts';

/** `host`: opens a room in this process and downloads in it. */
export class HostTask extends RoomTask {
  readonly #urls: readonly string[];

  constructor(urls: readonly string[], options: TaskOptions) {
    super(options);
    this.#urls = urls;
  }

  protected async open(): Promise<void> {
    const room = { id: newRoomId(), secret: newSecret() };
    const [first = ''] = this.#urls;
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
    for (const [order, url] of this.#urls.entries()) {
      if (this.stopping.signal.aborted) return;
      try {
        await this.#add(url, order, order === 0 ? found : await this.#find(url));
      } catch (thrown) {
        this.fail(url, DragonloadError.from(thrown));
      }
    }
  }

  async #find(url: string): Promise<{ origin: Origin; probe: Probe }> {
    const origin = this.originOf(url, true);
    const probe = await origin.probe({ signal: this.stopping.signal });
    this.originLocalAddress ??= probe.localAddress;
    return { origin, probe };
  }

  async #add(url: string, order: number, { origin, probe }: { origin: Origin; probe: Probe }): Promise<void> {
    const { fileName, ranges, identity } = probe;
    const offer = makeOffer({ url, fileName, ranges, identity, checksum: this.options.checksum, order });
    await this.addDownload(offer, origin, this.expectedOf(offer, probe), this.identity.id);
    this.dispatch({ type: 'probe-done', download: offer.download, canFetch: true, message: undefined });
  }

  protected onOffered(): void {}
}
