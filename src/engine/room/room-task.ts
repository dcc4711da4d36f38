import { resolve } from 'node:path';
import type { Command } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { DownloadId, MemberId, RoomId } from '../../core/ids.ts';
import type { Message, Offer, PieceRecord } from '../../core/messages.ts';
import type { Result } from '../../core/result.ts';
import type { FinishedPart } from '../../disk/files/part-options.ts';
import type { LocalDownloads } from '../../downloads/download-commands.ts';
import { type Identity, loadIdentity } from '../../lan/identity/identity.ts';
import { signRecord, verifyRecord } from '../../lan/identity/records.ts';
import { Lan, type ServedBytes, type ServeRequest, type Session, type SessionEnd } from '../../lan/lan.ts';
import type { RateLimiter } from '../../origin/limits/rate-limit.ts';
import type { Origin } from '../../origin/origin.ts';
import { displayUrl, normalUrl } from '../../url/web-url.ts';
import type { TaskOutcome } from '../base/completion-hooks.ts';
import { metersFor, quotaSpent } from '../base/meters.ts';
import { Origins } from '../base/origins.ts';
import type { Task, TaskOptions } from '../base/task.ts';
import type { DownloadRates, TaskPicture } from '../base/task-picture.ts';
import type { DownloadRunner, PullFrom } from '../download/download-runner.ts';
import { MemberTask } from '../download/member-task.ts';
import type { RoomControls } from './room-controls.ts';
import { type RoomDownloadFacts, roomPicture, roomRates } from './room-picture.ts';
import { RoomUpkeep } from './room-upkeep.ts';
import { Uploads } from './uploads.ts';

/** Somebody in the room may well have a fresh link, and the others go on with what they hold. */
const LINK_PATIENCE_MS = 10 * 60_000;

export interface RoomAccess {
  readonly id: RoomId;
  /** base64url of 16 bytes. */
  readonly secret: string;
}

/** A task in a room: sessions with the other members, over which the core speaks and pieces travel. */
export abstract class RoomTask extends MemberTask implements Task, RoomControls {
  protected readonly origins: Origins;
  /** Addresses that the user of this member has named, in normal form, and for each the file's own one. */
  readonly #named = new Map<string, string>();
  readonly #limiter: RateLimiter;
  #upkeep: RoomUpkeep | undefined;
  /** When downloads were done or failed, in milliseconds since the epoch. */
  readonly #endedAtMs = new Map<DownloadId, number>();
  readonly #sessions = new Map<MemberId, Session>();
  #identity: Identity | undefined;
  #lan: Lan | undefined;
  /** The address of this machine from which the origin is reached. */
  protected originLocalAddress: string | undefined;
  readonly #uploads = new Uploads({
    holders: (download, piece) => this.engine.core.holdersOf(download, piece),
    relays: (download, peer) => this.engine.core.isIncomplete(download, peer),
  });

  protected readonly linkPatienceMs = LINK_PATIENCE_MS;

  constructor(options: TaskOptions) {
    super(options);
    const { meter, limiter } = metersFor(options, () => void this.endWith(quotaSpent()));
    this.#limiter = limiter;
    this.origins = new Origins({
      request: options.request,
      allowPrivate: options.allowPrivate === true,
      meter,
      onNotice: (message) => this.emit({ type: 'notice', message }),
    });
  }

  picture(): TaskPicture {
    return roomPicture(this.view(), (download) => this.#factsOf(download));
  }

  rates(): readonly DownloadRates[] {
    return roomRates(this.view(), (download) => this.#upkeep?.idOf(download));
  }

  get downloadCount(): number {
    return this.runners.size;
  }

  #factsOf(download: DownloadId): RoomDownloadFacts | undefined {
    const id = this.#upkeep?.idOf(download);
    if (id === undefined) return undefined;
    const result = this.results.get(download);
    const error = this.failures.get(download);
    const isOver = result !== undefined || error !== undefined;
    const path = this.runners.get(download)?.part.targetPath;
    return { id, path, result, error, endedAtMs: isOver ? this.#endedAtMs.get(download) : undefined };
  }

  get downloads(): LocalDownloads {
    return this.upkeep;
  }

  setLimit(bytesPerSecond: number | undefined): void {
    this.upkeep.setLimit(bytesPerSecond);
  }

  /** How this member came into the room. */
  protected abstract readonly way: 'host' | 'join';

  /** The list of downloads and all else beside downloading; made when first needed. */
  protected get upkeep(): RoomUpkeep {
    this.#upkeep ??= new RoomUpkeep({
      way: this.way,
      directory: resolve(this.options.directory ?? '.'),
      dataDir: this.places.dataDir,
      task: this.options,
      limiter: this.#limiter,
      view: () => this.view(),
      emit: (event) => this.emit(event),
      targetOf: (download) => this.runners.get(download)?.part.targetPath,
      refresh: (download, url) => {
        this.addNamed(url, this.runners.get(download)?.offer.url ?? url);
        this.addSources(download, [url]);
      },
      networkChanged: () => {
        this.origins.networkChanged();
        this.networkChanged();
      },
      stop: () => void this.stop(),
    });
    return this.#upkeep;
  }

  protected override resultOf(runner: DownloadRunner, file: FinishedPart): Result {
    return { ...super.resultOf(runner, file), id: this.upkeep.idOf(runner.offer.download) };
  }

  protected override onDone(result: Result, runner: DownloadRunner): void {
    this.#endedAtMs.set(runner.offer.download, Date.now());
    this.upkeep.done(result, runner.offer.identity);
  }

  protected override onFailed(download: DownloadId | undefined, error: DragonloadError): void {
    const id = download === undefined ? undefined : this.#upkeep?.idOf(download);
    const offer = download === undefined ? undefined : this.runners.get(download)?.offer;
    this.emit({ type: 'error', error, id, url: offer && displayUrl(offer.url) });
    if (download === undefined) return;
    this.#endedAtMs.set(download, Date.now());
    this.#upkeep?.failed(download, error);
  }

  protected override async over(outcome: TaskOutcome, isBrokenOff: boolean): Promise<void> {
    await this.#upkeep?.over(outcome, isBrokenOff);
    this.#upkeep?.[Symbol.dispose]();
  }

  /** The user names an address of a file that is known by `own`. */
  protected addNamed(url: string, own: string): void {
    this.#named.set(normalUrl(url), own);
  }

  /** Only what the user has named gets what speaks for the user, and may be of the inside. */
  protected openOrigin(url: string, trusted: boolean): Promise<Origin> {
    const of = this.#named.get(normalUrl(url));
    return this.origins.open(url, { trusted: trusted && of !== undefined, of });
  }

  protected get identity(): Identity {
    return this.#identity!;
  }

  protected get lan(): Lan {
    return this.#lan!;
  }

  protected get isNeeded(): boolean {
    return this.engine.core.isNeeded();
  }

  /** Loads who this member is and opens its port. */
  protected async openLan(room: RoomAccess, port: number): Promise<void> {
    this.#identity = await loadIdentity(this.places.configDir, {
      onNotice: (message) => this.emit({ type: 'notice', message }),
    });
    const lan = await Lan.start({
      identity: this.#identity,
      port,
      room,
      name: this.name,
      dial: { originLocalAddress: () => this.originLocalAddress },
      serve: (request) => this.#serve(request),
      onPeerUp: (session) => this.#peerUp(session),
      onMessage: (session, message) => this.#receive(session, message),
      onPeerDown: (session, end) => this.#peerDown(session, end),
    });
    this.#lan = lan;
    // The task may have ended while the port was being opened: then nobody else closes it.
    if (this.stopping.signal.aborted) await lan.close();
    this.stopping.signal.throwIfAborted();
  }

  protected startRoomEngine(room: { id: RoomId; invite: string }, seniority: number | undefined): void {
    const { id: me, certificate } = this.identity;
    this.startEngine({ me, certificate, addresses: this.lan.addresses(), room, seniority });
  }

  protected readonly pieceDigest = 'sha256';

  protected readonly pull: PullFrom = (request) => {
    const { onRecords } = request;
    return this.lan.pull({
      ...request,
      onRecords: (records) => onRecords(records.filter((record) => this.#isProven(request.download, record))),
    });
  };

  protected sign(offer: Offer, piece: number, sha256: Uint8Array): PieceRecord {
    return signRecord(this.identity, offer.download, offer.pieceBytes, piece, sha256);
  }

  protected executeInRoom(command: Command): void {
    switch (command.type) {
      case 'send':
        this.#sessions.get(command.to)?.send(command.message);
        return;
      case 'dial':
        // A dial that fails is the core's to repeat.
        this.lan
          .dial(command.addresses, { expect: command.peer, signal: this.stopping.signal })
          .catch(() => {});
        return;
      case 'drop':
        return this.#ban(command.peer, command.reason);
      case 'member-joined':
      case 'member-left': {
        const change = command.type === 'member-joined' ? 'joined' : 'left';
        return this.emit({ type: 'member', change, id: command.peer, name: command.name });
      }
      case 'needs-link': {
        const message = `${command.message} The download waits for a fresh one.`;
        const hint = { kind: 'refresh-link', id: this.upkeep.idOf(command.download) } as const;
        return this.emit({ type: 'notice', message, hint });
      }
      case 'offered':
        return this.onOffered(command.offer);
    }
  }

  /** The room offers a download. */
  protected abstract onOffered(offer: Offer): void;

  protected async close(): Promise<void> {
    await this.#lan?.[Symbol.asyncDispose]();
    this.origins[Symbol.dispose]();
  }

  #peerUp(session: Session): void {
    this.#sessions.set(session.peer, session);
    const { peer, name, addresses, certificate } = session;
    this.dispatch({ type: 'peer-up', peer, name, addresses, certificate });
  }

  #peerDown(session: Session, end: SessionEnd): void {
    if (this.#sessions.get(session.peer) !== session) return;
    if (end.kind === 'misbehaved')
      this.#ban(session.peer, `it broke the protocol (${end.message.replace(/\.$/, '')})`);
    this.#sessions.delete(session.peer);
    this.#uploads.removePeer(session.peer);
    this.dispatch({ type: 'peer-down', peer: session.peer });
  }

  #receive(session: Session, message: Message): void {
    if (this.#sessions.get(session.peer) !== session) return;
    if (message.type !== 'have') return this.dispatch({ type: 'message', from: session.peer, message });
    // Before the download was offered nothing can be checked; the records come again with the pieces.
    const records = this.engine.core.offerOf(message.download) ? message.records : [];
    // Members vouch for what they fetched themselves, in their own name.
    const forged = records.some(
      (record) => record.signer !== session.peer || !this.#isProven(message.download, record),
    );
    if (forged) return this.#ban(session.peer, 'it sent a record with a wrong signature');
    this.dispatch({ type: 'message', from: session.peer, message: { ...message, records } });
  }

  #isProven(download: string, record: PieceRecord): boolean {
    const { core } = this.engine;
    const offer = core.offerOf(download);
    const certificate = core.certificateOf(record.signer);
    if (!offer || !certificate) return false;
    // Most records come twice, with the news of a piece and with its bytes.
    const known = core.recordOf(download, record.piece);
    if (known && isSameRecord(known, record)) return true;
    return verifyRecord(certificate, download, offer.pieceBytes, record);
  }

  #ban(peer: MemberId, reason: string): void {
    const name = this.#sessions.get(peer)?.name ?? peer.slice(0, 8);
    const error = new DragonloadError('bad-peer', `${name} was dropped: ${reason}.`, {
      hint: { kind: 'warn-member', name },
    });
    this.emit({ type: 'error', error });
    this.lan.ban(peer, reason);
  }

  async #serve({ peer, download, start, end }: ServeRequest): Promise<ServedBytes | undefined> {
    const runner = this.runners.get(download);
    const { core } = this.engine;
    if (!runner || !this.#sessions.has(peer) || !core.serve(download, { start, end })) return undefined;
    const run = { start: runner.geometry.pieceAt(start), end: runner.geometry.pieceAt(end - 1) + 1 };
    const release = await this.#uploads.turn({ download, peer, run, bytes: end - start });
    // What is held can have changed while the request waited.
    const records = release && core.serve(download, { start, end });
    if (!records) {
      release?.(0);
      return undefined;
    }
    let sentBytes = 0;
    return {
      records,
      read: async (target, offset) => {
        await runner.part.read(target, offset);
        sentBytes += target.length;
      },
      release: () => {
        release(sentBytes);
        this.dispatch({ type: 'served', download, bytes: sentBytes });
      },
    };
  }
}

function isSameRecord(a: PieceRecord, b: PieceRecord): boolean {
  const { compare } = Buffer;
  return (
    a.signer === b.signer && compare(a.sha256, b.sha256) === 0 && compare(a.signature, b.signature) === 0
  );
}
