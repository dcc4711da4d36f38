import { DragonloadError, type ErrorCode } from '../../core/errors.ts';
import type { Offer } from '../../core/messages.ts';
import { parseInvite } from '../../lan/invite.ts';
import type { Origin } from '../../origin/origin.ts';
import type { Probe } from '../../origin/probe.ts';
import type { TaskOptions } from '../base/task.ts';
import { refusePage } from '../download/find-file.ts';
import { mismatchOf } from '../download/offers.ts';
import { RoomTask } from './room-task.ts';

/** What a link looks like that has expired to one who has never seen it work. */
const EXPIRED: ReadonlySet<ErrorCode> = new Set(['link-expired', 'origin-refused', 'origin-missing']);
/** A room that was joined and then says nothing for this long has nothing to give. */
const FIRST_OFFER_MS = 15_000;

/** `join`: goes into a room and takes part in what it downloads. */
export class JoinTask extends RoomTask {
  protected readonly way = 'join';
  readonly #invite: string;
  #offers = 0;

  constructor(invite: string, options: TaskOptions) {
    super(options);
    this.#invite = invite;
  }

  protected async open(): Promise<void> {
    const invite = parseInvite(this.#invite);
    await this.openLan({ id: invite.room, secret: invite.secret }, this.options.port ?? 0);
    this.startRoomEngine({ id: invite.room, invite: this.#invite }, undefined);
    // Until the room has said what it is about there is something to wait for.
    this.expecting++;
    try {
      await this.lan.dial(invite.addresses, { expect: invite.vault, signal: this.stopping.signal });
    } catch (thrown) {
      this.expecting--;
      throw thrown;
    }
    setTimeout(() => this.#stillNothing(), FIRST_OFFER_MS).unref();
  }

  protected onOffered(offer: Offer): void {
    if (this.#offers++ > 0) this.expecting++;
    this.#take(offer)
      .catch((thrown: unknown) => this.fail(offer.download, DragonloadError.from(thrown)))
      .finally(() => {
        this.expecting--;
        this.settled();
      });
  }

  async #take(offer: Offer): Promise<void> {
    const consent = await this.options.consent?.(offer);
    if (this.stopping.signal.aborted) return;
    if (!consent) {
      this.dispatch({ type: 'declined', download: offer.download });
      throw new DragonloadError(
        'needs-consent',
        `The room's download ${JSON.stringify(offer.fileName)} was not accepted.`,
        {
          hint: { kind: 'accept-offers' },
        },
      );
    }
    const origin = await this.openOrigin(offer.url, false);
    // Swapping can begin at once; whether this member may fetch from the origin shows in the meantime.
    const probing = this.#probe(origin, offer);
    this.upkeep.added(offer, { url: offer.url });
    const openBeside = (beside: string) => this.origins.open(beside, { trusted: false });
    const expected = this.expectedOf(offer, []);
    await this.addDownload({ offer, origin, isOffered: true, expected, openBeside });
    const { error, digests } = await probing;
    const runner = this.runners.get(offer.download);
    if (runner) {
      runner.expected = this.expectedOf(offer, digests);
      runner.refusal = error;
    }
    const { message, hint } = error ?? {};
    if (error) this.emit({ type: 'notice', message: `Going on over the LAN only: ${message}`, hint });
    const hasExpired = error !== undefined && EXPIRED.has(error.code);
    const canFetch = error === undefined;
    this.dispatch({ type: 'probe-done', download: offer.download, canFetch, message, hasExpired });
  }

  /** Looks at the origin: `error` says why this member cannot fetch from it. */
  async #probe(
    origin: Origin,
    offer: Offer,
  ): Promise<{ readonly error: DragonloadError | undefined; readonly digests: Probe['digests'] }> {
    try {
      const probe = await origin.probe({ signal: this.stopping.signal });
      this.originLocalAddress ??= probe.localAddress;
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

  #stillNothing(): void {
    if (this.#offers > 0 || this.stopping.signal.aborted) return;
    this.expecting--;
    this.fail(
      undefined,
      new DragonloadError('room-failed', 'The room offers nothing to download.', {
        hint: { kind: 'ask-for-fresh-invite', why: 'room-ended' },
      }),
    );
    this.settled();
  }
}
