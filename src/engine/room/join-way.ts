import { isContentName } from '../../core/content-name.ts';
import { DragonloadError, type ErrorCode } from '../../core/errors.ts';
import type { Offer } from '../../core/messages.ts';
import { parseInvite } from '../../lan/invite.ts';
import type { Origin } from '../../origin/origin.ts';
import type { Probe } from '../../origin/probe.ts';
import type { TaskOptions } from '../base/task.ts';
import { noOrigin } from '../download/file-sources.ts';
import { refusePage } from '../download/find-file.ts';
import { expectedDigests } from '../download/new-download.ts';
import { mismatchOf } from '../download/offers.ts';
import { RoomMember, type RoomWay } from './room-member.ts';

/** What a link looks like that has expired to one who has never seen it work. */
const EXPIRED: ReadonlySet<ErrorCode> = new Set(['link-expired', 'origin-refused', 'origin-missing']);
/** A room that was joined and then says nothing for this long, in milliseconds, has nothing to give. */
const FIRST_OFFER_MS = 15_000;

/** `join`: goes into a room and takes part in what it downloads. */
export function joinRoom(invite: string, options: TaskOptions): RoomMember {
  return new RoomMember(new JoinWay(invite), options).start();
}

class JoinWay implements RoomWay {
  readonly kind = 'join';
  readonly awaits = undefined;
  readonly #invite: string;
  readonly #firstOffer = Promise.withResolvers<void>();

  constructor(invite: string) {
    this.#invite = invite;
  }

  async open(room: RoomMember): Promise<void> {
    const invite = parseInvite(this.#invite);
    await room.openSession({ id: invite.room, secret: invite.secret }, room.options.port ?? 0);
    room.startCore({ id: invite.room, invite: this.#invite }, undefined);
    await room.session.dial(invite.addresses, invite.vault);
    // Until the room has said what it is about there is something to wait for.
    setTimeout(() => this.#firstOffer.reject(nothingOffered()), FIRST_OFFER_MS).unref();
    room.signal.addEventListener('abort', () => this.#firstOffer.resolve(), { once: true });
    await this.#firstOffer.promise;
  }

  offered(offer: Offer, room: RoomMember): void {
    room.member.expect(this.#take(offer, room), offer.download);
    this.#firstOffer.resolve();
  }

  async #take(offer: Offer, room: RoomMember): Promise<void> {
    const { options, member } = room;
    const { download } = offer;
    const consent = await options.consent?.(offer);
    if (room.signal.aborted) return;
    if (!consent) {
      member.dispatch({ type: 'declined', download });
      throw new DragonloadError(
        'needs-consent',
        `The room's download ${JSON.stringify(offer.fileName)} was not accepted.`,
        { hint: { kind: 'accept-offers' } },
      );
    }
    if (isContentName(offer.url)) return this.#takeWithoutOrigin(offer, room);
    const origin = await room.origins.openNamed(offer.url, false);
    // Swapping can begin at once; whether this member may fetch from the origin shows in the meantime.
    const probing = this.#probe(origin, offer, room);
    const openBeside = (beside: string) => room.origins.open(beside, { trusted: false });
    const expected = expectedDigests(offer, [], options.checksum);
    const added = { offer, origin, isOffered: true, expected, openBeside };
    const session = await room.addDownload(added, { url: offer.url });
    const { error, digests } = await probing;
    session.probed(expectedDigests(offer, digests, options.checksum));
    const { message, hint } = error ?? {};
    if (error) member.emit({ type: 'notice', message: `Going on over the LAN only: ${message}`, hint });
    const hasExpired = error !== undefined && EXPIRED.has(error.code);
    member.dispatch({
      type: 'probe-done',
      download,
      canFetch: error === undefined,
      reason: error,
      hasExpired,
    });
  }

  /** All of it comes from members. */
  async #takeWithoutOrigin(offer: Offer, room: RoomMember): Promise<void> {
    const { options, member } = room;
    const expected = expectedDigests(offer, [], options.checksum);
    const refusal = noOrigin();
    const openBeside = () => Promise.reject(refusal);
    const added = { offer, origin: undefined, isOffered: true, expected, openBeside };
    const session = await room.addDownload(added, { url: offer.url });
    session.probed(expected);
    member.dispatch({ type: 'probe-done', download: offer.download, canFetch: false, reason: refusal });
  }

  /** Looks at the origin: `error` says why this member cannot fetch from it. */
  async #probe(
    origin: Origin,
    offer: Offer,
    room: RoomMember,
  ): Promise<{ readonly error: DragonloadError | undefined; readonly digests: Probe['digests'] }> {
    try {
      const probe = await origin.probe({ signal: room.signal });
      room.origins.reachedFrom(probe.localAddress);
      refusePage(offer.url, probe);
      const mismatch = mismatchOf(offer.identity, probe.identity);
      // What is said under another ETag may be said of another file.
      const isOneTag = probe.identity.etag === offer.identity.etag;
      if (mismatch === undefined) return { error: undefined, digests: isOneTag ? probe.digests : [] };
      const hint = { kind: 'ask-offerer' } as const;
      return { error: new DragonloadError('origin-changed', mismatch, { hint }), digests: [] };
    } catch (thrown) {
      return { error: DragonloadError.from(thrown), digests: [] };
    }
  }
}

function nothingOffered(): DragonloadError {
  return new DragonloadError('room-failed', 'The room offers nothing to download.', {
    hint: { kind: 'ask-for-fresh-invite', why: 'room-ended' },
  });
}
