import { resolve } from 'node:path';
import type { Command } from '../../core/contract.ts';
import type { DragonloadError } from '../../core/errors.ts';
import type { DownloadId } from '../../core/ids.ts';
import type { Offer } from '../../core/messages.ts';
import type { Result } from '../../core/result.ts';
import type { View } from '../../core/view.ts';
import { places } from '../../disk/files/places.ts';
import type { LocalDownloads } from '../../downloads/download-commands.ts';
import { type Identity, loadIdentity } from '../../lan/identity/identity.ts';
import type { Job } from '../../lists/job.ts';
import type { RateLimiter } from '../../origin/limits/rate-limit.ts';
import type { DownloadRow } from '../../store/download-row.ts';
import { displayUrl } from '../../url/web-url.ts';
import { metersFor, quotaSpent } from '../base/meters.ts';
import type { Task, TaskOptions } from '../base/task.ts';
import type { DownloadRates, TaskPicture } from '../base/task-picture.ts';
import type { DownloadSession } from '../download/download-session.ts';
import type { NewDownload } from '../download/new-download.ts';
import type { SharedDownload } from '../download/shared-download.ts';
import { Member } from '../member/member.ts';
import { mustBeOpen } from './must-be-open.ts';
import type { RoomControls } from './room-controls.ts';
import { RoomOrigins } from './room-origins.ts';
import { type RoomDownloadFacts, roomPicture, roomRates } from './room-picture.ts';
import { type RoomAccess, RoomSession } from './room-session.ts';
import { RoomUpkeep } from './room-upkeep.ts';
import { Stay, type StayOptions, type StaysFor } from './stay.ts';

/** Somebody in the room may well have a fresh link, and the others go on with what they hold. */
const LINK_PATIENCE_MS = 10 * 60_000;

/** A way into a room: brings in its downloads. */
export interface RoomWay {
  /** How the list of downloads knows it. */
  readonly kind: 'host' | 'join';
  readonly awaits: StayOptions['awaits'];
  /** Opens the room or goes into it. */
  open(member: RoomMember): Promise<void>;
  /** The room offers a download that this member does not have yet. */
  offered(offer: Offer, member: RoomMember): void;
}

/** A member of a room: composes the member, its sessions with the others, its origins and its place in the list. */
export class RoomMember implements Task, RoomControls {
  readonly options: TaskOptions;
  readonly origins: RoomOrigins;
  readonly #way: RoomWay;
  readonly #member: Member;
  readonly #limiter: RateLimiter;
  readonly #dataDir: string;
  readonly #stay: Stay;
  readonly #configDir: string;
  #session: RoomSession | undefined;
  #identity: Identity | undefined;
  /** The list of downloads and all else beside downloading; made when first needed. */
  #upkeep: RoomUpkeep | undefined;
  /** When downloads were done or failed, in milliseconds since the epoch. */
  readonly #endedAtMs = new Map<DownloadId, number>();
  #staysFor: StaysFor | undefined;
  /** When the members that lack pieces last made progress; undefined while none lacks any. */
  #progressMs: number | undefined;
  #lookAgain: NodeJS.Timeout | undefined;

  constructor(way: RoomWay, options: TaskOptions) {
    this.options = options;
    this.#way = way;
    const { dataDir, configDir } = places(options.home);
    this.#configDir = configDir;
    const { stay = false, leave = false } = options;
    this.#stay = new Stay({ awaits: way.awaits, stay, leave });
    const { meter, limiter } = metersFor(options, () => void this.#member.endWith(quotaSpent()));
    this.#limiter = limiter;
    this.#dataDir = dataDir;
    this.origins = new RoomOrigins({
      request: options.request,
      allowPrivate: options.allowPrivate === true,
      meter,
      onNotice: (message) => this.#member.emit({ type: 'notice', message }),
    });
    this.#member = new Member({
      options,
      dataDir,
      exchange: {
        isShared: true,
        pull: (request) => this.session.pull(request),
        sign: (offer, piece, sha256) => this.session.sign(offer, piece, sha256),
        pieceDigest: 'sha256',
        linkPatienceMs: LINK_PATIENCE_MS,
      },
      openOrigin: (url, trusted) => this.origins.openNamed(url, trusted),
      execute: (command) => this.#execute(command),
      staysFor: () => this.#look(),
      idOf: (download) => this.#upkeep?.idOf(download),
      onDone: (result, { offer }) => {
        this.#endedAtMs.set(offer.download, Date.now());
        this.#openUpkeep().done(result, offer.identity);
      },
      onFailed: (download, error) => this.#failed(download, error),
      onRecovered: (download) => this.#upkeep?.recovered(download),
      close: async () => {
        clearTimeout(this.#lookAgain);
        await this.#session?.[Symbol.asyncDispose]();
        this.origins[Symbol.dispose]();
      },
      onOver: async (outcome, isBrokenOff) => {
        await this.#upkeep?.over(outcome, isBrokenOff);
        this.#upkeep?.[Symbol.dispose]();
      },
    });
  }

  /** Starts the work; called once by whoever made it. */
  start(): this {
    this.#member.expect(this.#way.open(this));
    return this;
  }

  picture(): TaskPicture {
    return roomPicture(this.view(), (download) => this.#factsOf(download));
  }

  rates(): readonly DownloadRates[] {
    return roomRates(this.view(), (download) => this.#upkeep?.idOf(download));
  }

  get downloadCount(): number {
    return this.#member.sessions.size;
  }

  get finished(): Promise<readonly Result[]> {
    return this.#member.finished;
  }

  view(): View {
    return this.#member.view();
  }

  stop(): Promise<void> {
    return this.#member.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get downloads(): LocalDownloads {
    return this.#openUpkeep();
  }

  setLimit(bytesPerSecond: number | undefined): void {
    this.#openUpkeep().setLimit(bytesPerSecond);
  }

  get member(): Member {
    return this.#member;
  }

  get signal(): AbortSignal {
    return this.#member.signal;
  }

  /** Who this member is, once the room is open. */
  get identity(): Identity {
    return mustBeOpen(this.#identity);
  }

  /** The sessions with the others, once the room is open. */
  get session(): RoomSession {
    return mustBeOpen(this.#session);
  }

  /** Loads who this member is and opens its port. Throws `port-busy`. */
  async openSession(access: RoomAccess, port: number): Promise<RoomSession> {
    const member = this.#member;
    this.#identity = await loadIdentity(this.#configDir, {
      onNotice: (message) => member.emit({ type: 'notice', message }),
    });
    this.#session = await RoomSession.open({
      identity: this.#identity,
      access,
      port,
      name: member.name,
      originLocalAddress: () => this.origins.localAddress,
      facts: () => member.facts,
      fileOf: (download) => member.sessions.get(download),
      dispatch: (event) => member.dispatch(event),
      emit: (event) => member.emit(event),
      signal: member.signal,
    });
    return this.#session;
  }

  /** `seniority`: undefined for a joiner, which is told its place. */
  startCore(room: { readonly id: string; readonly invite: string }, seniority: number | undefined): void {
    const { id: me, certificate } = this.identity;
    this.#member.startCore({ me, certificate, addresses: this.session.addresses(), room, seniority });
  }

  /** Takes a download on, and puts it into the list. */
  addDownload(added: NewDownload, job: Job): Promise<DownloadSession> {
    this.#stay.resumed();
    this.#openUpkeep().added(added.offer, job);
    return this.#member.addDownload(added);
  }

  /** Takes a download on of which the whole file is here, and puts it into the list. */
  takeOn(shared: SharedDownload, job: Job): void {
    this.#stay.resumed();
    this.#openUpkeep().added(shared.offer, job);
    this.#member.takeOn(shared);
  }

  /** What the list knows of a download from earlier. */
  earlier(job: Job): DownloadRow | undefined {
    return this.#openUpkeep().earlier(job);
  }

  #openUpkeep(): RoomUpkeep {
    this.#upkeep ??= new RoomUpkeep({
      way: this.#way.kind,
      directory: resolve(this.options.directory ?? '.'),
      dataDir: this.#dataDir,
      task: this.options,
      limiter: this.#limiter,
      view: () => this.view(),
      emit: (event) => this.#member.emit(event),
      targetOf: (download) => this.#member.sessions.get(download)?.targetPath,
      refresh: (download, url) => {
        this.origins.addNamed(url, this.#member.sessions.get(download)?.offer.url ?? url);
        this.#member.addSources(download, [url]);
      },
      networkChanged: () => {
        this.origins.networkChanged();
        this.#member.networkChanged();
      },
      leave: () => void this.stop(),
    });
    return this.#upkeep;
  }

  #factsOf(download: DownloadId): RoomDownloadFacts | undefined {
    const id = this.#upkeep?.idOf(download);
    if (id === undefined) return undefined;
    const path = this.#member.sessions.get(download)?.targetPath;
    const result = this.#member.resultOf(download);
    const error = this.#member.failureOf(download);
    const isOver = result !== undefined || error !== undefined;
    return { id, path, result, error, endedAtMs: isOver ? this.#endedAtMs.get(download) : undefined };
  }

  #failed(download: DownloadId | undefined, error: DragonloadError): void {
    const id = download === undefined ? undefined : this.#upkeep?.idOf(download);
    const offer = download === undefined ? undefined : this.#member.sessions.get(download)?.offer;
    this.#member.emit({ type: 'error', error, id, url: offer && displayUrl(offer.url) });
    if (download === undefined) return;
    this.#endedAtMs.set(download, Date.now());
    this.#upkeep?.failed(download, error);
  }

  #execute(command: Command): void {
    if (this.#session?.execute(command)) return;
    switch (command.type) {
      case 'member-joined':
      case 'member-left': {
        const change = command.type === 'member-joined' ? 'joined' : 'left';
        return this.#member.emit({ type: 'member', change, id: command.peer, name: command.name });
      }
      case 'needed':
      case 'not-needed':
        this.#progressMs = command.type === 'needed' ? command.progressMs : undefined;
        return;
      case 'needs-link': {
        const message = `${command.reason.message} The download waits for a fresh one.`;
        const hint = { kind: 'refresh-link', id: this.#upkeep?.idOf(command.download) } as const;
        return this.#member.emit({ type: 'notice', message, hint });
      }
      case 'offered':
        return this.#way.offered(command.offer, this);
    }
  }

  /** Everything is done here: what to stay for. */
  #look(): StaysFor | undefined {
    const nowMs = performance.now();
    const neededIdleMs = this.#progressMs === undefined ? undefined : nowMs - this.#progressMs;
    // Its list has everybody who was ever heard of, itself included.
    const seen = () => this.view().members.length - 1;
    const staysFor = this.#stay.look({ seen, neededIdleMs }, nowMs);
    if (staysFor?.for === 'joiners' && this.#lookAgain === undefined)
      this.#lookAgain = setTimeout(() => this.#member.settled(), staysFor.untilMs - nowMs + 1);
    if (staysFor !== undefined && staysFor.for !== this.#staysFor?.for) {
      const leftMs = staysFor.for === 'joiners' ? staysFor.untilMs - nowMs : undefined;
      this.#member.emit({ type: 'waiting', for: staysFor.for, leftMs });
    }
    this.#staysFor = staysFor;
    return staysFor;
  }
}
