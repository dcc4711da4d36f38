import { createHash } from 'node:crypto';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import { formatHostPort } from '../../lan/network/addresses.ts';
import type { TaskOptions } from '../base/task.ts';
import { expectedDigests } from '../download/new-download.ts';
import { downloadIdOf, makeOffer } from '../download/offers.ts';
import { RoomMember, type RoomWay } from './room-member.ts';
import { LATECOMER_MS } from './stay.ts';

/** How often a member that is not there yet is tried again. */
const DIAL_AGAIN_MS = 1_000;

/** One of the people who download together, in the list that all of them share. */
export interface User {
  readonly id: number | string;
  readonly host: string;
  readonly port: number;
}

export interface StaticOptions extends Omit<TaskOptions, 'port' | 'consent' | 'stay' | 'leave'> {
  /** Known to all users and to nobody else; at least 16 characters. */
  readonly secret: string;
}

/**
 * A room without a vault and without invites: everybody has the same list. The first one present coordinates. Throws
 * `usage` for a list that does not fit or a secret that is too short.
 */
export function listRoom(
  url: string,
  users: readonly User[],
  userId: User['id'],
  options: StaticOptions,
): RoomMember {
  const { secret, ...rest } = options;
  const place = users.findIndex(({ id }) => id === userId);
  const me = users[place];
  if (!me) throw usage(`The user ${JSON.stringify(userId)} is not in the list.`);
  if (new Set(users.map(({ id }) => id)).size !== users.length)
    throw usage('Two users in the list have the same id.');
  if (typeof secret !== 'string' || secret.length < 16)
    throw usage('The secret has fewer than 16 characters.');
  const way = new ListWay(url, users, place, secret);
  return new RoomMember(way, { name: `user ${me.id}`, ...rest, port: me.port }).start();
}

class ListWay implements RoomWay {
  readonly kind = 'host';
  readonly awaits: RoomWay['awaits'];
  readonly #url: string;
  readonly #users: readonly User[];
  readonly #place: number;
  readonly #secret: string;

  constructor(url: string, users: readonly User[], place: number, secret: string) {
    this.#url = url;
    this.#users = users;
    this.#place = place;
    this.#secret = secret;
    this.awaits = { members: users.length - 1, forMs: LATECOMER_MS };
  }

  async open(room: RoomMember): Promise<void> {
    room.origins.addNamed(this.#url, this.#url);
    const digest = (text: string) => createHash('sha256').update(text).digest();
    const access = {
      id: digest(`dragonload static room v1\0${this.#url}`).toString('hex').slice(0, 32),
      secret: digest(`dragonload static secret v1\0${this.#secret}`).subarray(0, 16).toString('base64url'),
    };
    const origin = await room.origins.openNamed(this.#url, true);
    const probing = origin.probe({ signal: room.signal });
    // When the port cannot be opened nobody asks for it any more.
    probing.catch(() => {});
    await room.openSession(access, this.#users[this.#place]!.port);
    // Before the origin has answered: the others may dial as soon as the port is open.
    room.startCore({ id: access.id, invite: '' }, this.#place + 1);
    for (const user of this.#users) if (user !== this.#users[this.#place]) void dial(user, room);
    const probe = await probing;
    room.origins.reachedFrom(probe.localAddress);
    const { fileName, ranges, identity } = probe;
    const { checksum } = room.options;
    const found = makeOffer({ url: this.#url, fileName, ranges, identity, checksum, order: 0 });
    // Everybody works the id out alone, so it rests on what all see alike: an ETag may differ from server to server.
    const common = { sizeBytes: identity.sizeBytes, etag: undefined, lastModified: undefined };
    const offer = { ...found, download: downloadIdOf(this.#url, common, found.pieceBytes) };
    const expected = expectedDigests(offer, probe.digests, checksum);
    const openBeside = (beside: string, trusted: boolean) => room.origins.open(beside, { trusted });
    await room.addDownload({ offer, origin, expected, openBeside }, { url: this.#url });
    const { download } = offer;
    room.member.dispatch({ type: 'probe-done', download, canFetch: true });
  }

  offered(): void {}
}

/** Everybody dials everybody until it works: whoever starts last reaches the others at once. */
async function dial(user: User, room: RoomMember): Promise<void> {
  const address = formatHostPort(user);
  while (!room.signal.aborted) {
    try {
      await room.session.dial([address]);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, DIAL_AGAIN_MS).unref());
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
