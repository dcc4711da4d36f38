import { createHash } from 'node:crypto';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import { formatHostPort } from '../../lan/network/addresses.ts';
import type { TaskOptions } from '../base/task.ts';
import { downloadIdOf, makeOffer } from '../download/offers.ts';
import { RoomTask } from './room-task.ts';

/** How often a member that is not there yet is tried again. */
const DIAL_AGAIN_MS = 1_000;
/** Somebody on the list who was never seen is waited for this long after the own end. */
const LATECOMER_MS = 30_000;

/** One of the people who download together, in the list that all of them share. */
export interface User {
  readonly id: number | string;
  readonly host: string;
  readonly port: number;
}

export interface StaticOptions extends Omit<TaskOptions, 'port' | 'consent' | 'stay'> {
  /** Known to all users and to nobody else; at least 16 characters. */
  readonly secret: string;
}

/** A room without a vault and without invites: everybody has the same list. The first one present coordinates. */
export class StaticTask extends RoomTask {
  protected readonly way = 'host';
  readonly #url: string;
  readonly #users: readonly User[];
  readonly #place: number;
  readonly #secret: string;
  #unseenUntilMs = Number.POSITIVE_INFINITY;

  constructor(url: string, users: readonly User[], userId: User['id'], options: StaticOptions) {
    const { secret, ...rest } = options;
    const place = users.findIndex(({ id }) => id === userId);
    const me = users[place];
    if (!me) throw usage(`The user ${JSON.stringify(userId)} is not in the list.`);
    if (new Set(users.map(({ id }) => id)).size !== users.length)
      throw usage('Two users in the list have the same id.');
    if (typeof secret !== 'string' || secret.length < 16)
      throw usage('The secret has fewer than 16 characters.');
    super({ name: `user ${me.id}`, ...rest, port: me.port });
    this.#url = url;
    this.addNamed(url, url);
    this.#users = users;
    this.#place = place;
    this.#secret = secret;
  }

  protected async open(): Promise<void> {
    const digest = (text: string) => createHash('sha256').update(text).digest();
    const room = {
      id: digest(`dragonload static room v1\0${this.#url}`).toString('hex').slice(0, 32),
      secret: digest(`dragonload static secret v1\0${this.#secret}`).subarray(0, 16).toString('base64url'),
    };
    const origin = await this.openOrigin(this.#url, true);
    const probing = origin.probe({ signal: this.stopping.signal });
    // When the port cannot be opened nobody asks for it any more.
    probing.catch(() => {});
    await this.openLan(room, this.#users[this.#place]!.port);
    // Before the origin has answered: the others may dial as soon as the port is open.
    this.startRoomEngine({ id: room.id, invite: '' }, this.#place + 1);
    for (const user of this.#users) if (user !== this.#users[this.#place]) void this.#dial(user);
    const probe = await probing;
    this.originLocalAddress = probe.localAddress;
    const { fileName, ranges, identity } = probe;
    const found = makeOffer({
      url: this.#url,
      fileName,
      ranges,
      identity,
      checksum: this.options.checksum,
      order: 0,
    });
    // Everybody works the id out alone, so it rests on what all see alike: an ETag may differ from server to server.
    const common = { sizeBytes: identity.sizeBytes, etag: undefined, lastModified: undefined };
    const offer = { ...found, download: downloadIdOf(this.#url, common, found.pieceBytes) };
    const expected = this.expectedOf(offer, probe.digests);
    this.upkeep.added(offer, { url: this.#url });
    const openBeside = (beside: string, trusted: boolean) => this.origins.open(beside, { trusted });
    await this.addDownload({ offer, origin, expected, openBeside });
    this.dispatch({ type: 'probe-done', download: offer.download, canFetch: true, message: undefined });
  }

  protected override get isNeeded(): boolean {
    if (super.isNeeded) return true;
    const seen = this.engine.core.seenMembers;
    if (seen >= this.#users.length - 1) return false;
    if (this.#unseenUntilMs === Number.POSITIVE_INFINITY) {
      this.#unseenUntilMs = performance.now() + LATECOMER_MS;
      setTimeout(() => this.settled(), LATECOMER_MS + 1).unref();
    }
    return performance.now() < this.#unseenUntilMs;
  }

  protected onOffered(): void {}

  /** Everybody dials everybody until it works: whoever starts last reaches the others at once. */
  async #dial(user: User): Promise<void> {
    const address = formatHostPort(user);
    while (!this.stopping.signal.aborted) {
      try {
        await this.lan.dial([address], { signal: this.stopping.signal });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, DIAL_AGAIN_MS).unref());
      }
    }
  }
}

function usage(message: string): DragonloadError {
  return new DragonloadError('usage', message, {
    hint: advice(
      'All users call startDragonload with the same URL, list and secret, each with an id of their own.',
    ),
  });
}
