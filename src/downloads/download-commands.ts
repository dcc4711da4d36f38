import { DragonloadError } from '../core/errors.ts';
import { PART_SUFFIX } from '../core/file-name.ts';
import { advice } from '../core/hint.ts';
import type { Job } from '../lists/job.ts';
import type { ControlRequest, DownloadPatch, DownloadRow, DownloadState } from '../store/download-row.ts';
import type { Store } from '../store/store.ts';
import { parseOriginUrl } from '../url/web-url.ts';
import { type Controlled, carryOut, rateOf } from './control.ts';
import { withChange, withFreshLink } from './job-edits.ts';
import { jobOf } from './job-row.ts';
import { resumeStep, unreadable } from './resume-plan.ts';
import { type CommandKind, checkLimit, checkPriority, checkState, unknownDownload } from './rules.ts';

/**
 * Who carries out a command: this process (`here`); another living process that has the download (`elsewhere`), which
 * hears of it through the list within moments; or `nobody`, so that only the row of the download has changed.
 */
export type Recipient = 'here' | 'elsewhere' | 'nobody';

/** The downloads that this process has, and the way to command them. */
export interface LocalDownloads extends Controlled {
  /** Their numbers. */
  ids(): Iterable<number>;
  /** `removed`: it is about to be gone. Undefined for a download that this process does not have. */
  stateOf(id: number): DownloadState | 'removed' | undefined;
  /** Whether it is downloaded in a room, where one that has failed cannot be told to go on. */
  isInRoom(id: number): boolean;
}

export interface DownloadCommandsOptions {
  /** Undefined where the list cannot be had: then there are only the downloads of this process. */
  readonly store: Store | undefined;
  /** Undefined in a process that runs no downloads. */
  readonly local?: LocalDownloads | undefined;
  /** For journals and locks of parts that are deleted. */
  readonly dataDir: string;
}

/**
 * Commands about the downloads of all processes of this user. The one place that decides who carries a command out: what
 * this process has is commanded directly, what another living process has is asked of it through the list, and of all
 * others the row is changed. All throw `unknown-download` for a number that no download has, `wrong-state` for what cannot
 * be done with it now, and `usage` for values that make no sense, before anything is changed.
 */
export class DownloadCommands {
  readonly #store: Store | undefined;
  readonly #local: LocalDownloads | undefined;
  readonly #dataDir: string;

  constructor({ store, local, dataDir }: DownloadCommandsOptions) {
    this.#store = store;
    this.#local = local;
    this.#dataDir = dataDir;
  }

  /** What the list says of it. Throws `unknown-download`. */
  row(id: number): DownloadRow {
    const row = this.#store?.get(id);
    if (row === undefined) throw unknownDownload(id);
    return row;
  }

  /** Downloads of all processes, by number. */
  list(query: Parameters<Store['list']>[0] = {}): readonly DownloadRow[] {
    return this.#store?.list(query) ?? [];
  }

  pause(id: number): Recipient {
    this.#check('pause', id);
    return this.#send({ kind: 'pause', download: id }, { state: 'paused' });
  }

  /** Pauses all that run or wait in a living process. How many that were. */
  pauseAll(): number {
    const isActive = (state?: string) => state === 'running' || state === 'waiting';
    const here = [...(this.#local?.ids() ?? [])].filter((id) => isActive(this.#local?.stateOf(id)));
    for (const id of here) this.#local?.pause(id);
    const elsewhere = this.#others(['running', 'waiting']).filter(({ isTaken }) => isTaken === true);
    return here.length + this.#ask('pause', elsewhere);
  }

  /**
   * Lets a paused or failed download go on where it is. One that nobody has is returned as a job, for this process to
   * `start`. Throws `wrong-state` for one of a room that has to be joined again, and for one that has failed in a room which
   * this process is still in.
   */
  resume(id: number): { readonly recipient: Recipient; readonly start?: Job } {
    this.#check('resume', id);
    const request = { kind: 'resume', download: id } as const;
    if (this.#isHere(id)) {
      if (this.#local?.stateOf(id) === 'failed' && this.#local.isInRoom(id)) throw failedInRoom(id);
      return { recipient: this.#send(request) };
    }
    const row = this.row(id);
    let step = resumeStep(row);
    // The process that had it may be gone by now: then it is nobody's.
    if (step.kind === 'ask' && this.#send(request) === 'nobody')
      step = resumeStep({ ...row, isTaken: false });
    switch (step.kind) {
      case 'start':
        return { recipient: 'nobody', start: step.job };
      case 'room':
        throw new DragonloadError('wrong-state', `Download ${id} belongs to a room.`, {
          facts: { id },
          hint: { kind: 'rejoin' },
        });
      case 'unreadable':
        throw unreadable(id);
      default:
        return { recipient: 'elsewhere' };
    }
  }

  /** Asks the processes that have these to let them go on. Those that nobody has are left alone. */
  askToResume(ids: readonly number[]): void {
    this.#ask(
      'resume',
      ids.map((id) => ({ id })),
    );
  }

  /** Higher ones start first: -1000 to 1000. It holds now and in later runs. */
  setPriority(id: number, priority: number): Recipient {
    checkPriority(priority);
    this.#check('priority', id);
    const row = this.#store?.get(id);
    if (row !== undefined) this.#store?.update(id, { priority, job: withChange(row, { priority }) });
    return this.#send({ kind: 'priority', download: id, value: String(priority) });
  }

  /** In bytes per second, 1024 or more; undefined: no limit. Changes all of them or none, now and for later runs. */
  setLimit(ids: readonly number[], bytesPerSecond: number | undefined): readonly Recipient[] {
    checkLimit(bytesPerSecond);
    for (const id of ids) this.#check('limit', id);
    const value = bytesPerSecond === undefined ? 'none' : String(bytesPerSecond);
    return ids.map((id) => {
      const row = this.#store?.get(id);
      if (row !== undefined) this.#store?.update(id, { job: withChange(row, { limitRate: bytesPerSecond }) });
      return this.#send({ kind: 'limit', download: id, value });
    });
  }

  /** The limit for all downloads of this user together, in bytes per second; undefined: none. */
  get commonLimit(): number | undefined {
    return rateOf(this.#store?.setting('limit'));
  }

  /** All living processes share it evenly, and follow a change within moments. Throws `state-broken` without a list. */
  setCommonLimit(bytesPerSecond: number | undefined): void {
    checkLimit(bytesPerSecond);
    if (this.#store === undefined)
      throw new DragonloadError('state-broken', 'There is no list of downloads that could keep the limit.');
    this.#store.setSetting('limit', bytesPerSecond === undefined ? undefined : String(bytesPerSecond));
  }

  /** A fresh link, put in front of its other addresses. One that runs goes on with it at once. Throws `bad-url`. */
  refresh(id: number, url: string): Recipient {
    parseOriginUrl(url);
    this.#check('refresh', id);
    const row = this.#store?.get(id);
    if (row !== undefined) {
      if (jobOf(row) === undefined) throw unreadable(id);
      this.#store?.update(id, { job: withFreshLink(row.job, url) });
    }
    return this.#send({ kind: 'refresh', download: id, value: url });
  }

  /**
   * Takes downloads out of the list, up to 1,000 in one go. What has arrived of unfinished ones is deleted unless it is to
   * be kept; finished files stay. One that runs is first stopped by the process that has it. Throws `part-busy` when
   * something that is not in the list works on a part.
   */
  async remove(
    ids: readonly number[],
    options: { readonly keepPart: boolean },
  ): Promise<readonly Recipient[]> {
    const rows = ids.map((id) => this.#rowToRemove(id));
    const { keepPart } = options;
    const send = (id: number) =>
      this.#send({ kind: 'remove', download: id, ...(keepPart ? { value: 'keep' } : {}) });
    const recipients = new Map<number, Recipient>();
    for (const [index, id] of ids.entries()) {
      const recipient = send(id);
      const row = rows[index];
      const hasPart = recipient === 'nobody' && row !== undefined && row.state !== 'done' && !keepPart;
      const isFree = !hasPart || (await this.#deletePart(row));
      recipients.set(id, isFree ? recipient : send(id));
    }
    const left = ids.filter((id) => recipients.get(id) === 'nobody');
    const removed = new Set(this.#store?.removeAll(left));
    // Another process may have begun with one of them in the meantime.
    for (const id of left) if (!removed.has(id)) recipients.set(id, send(id));
    return ids.map((id) => recipients.get(id)!);
  }

  /** Undefined for what this process has. Throws `unknown-download`. */
  #rowToRemove(id: number): DownloadRow | undefined {
    const state = this.#local?.stateOf(id);
    if (state === 'removed') throw unknownDownload(id);
    return state === undefined ? this.row(id) : undefined;
  }

  #isHere(id: number): boolean {
    return this.#local?.stateOf(id) !== undefined;
  }

  /** Throws unless there is such a download and the command makes sense for it now. */
  #check(kind: CommandKind, id: number): void {
    const state = this.#local?.stateOf(id) ?? this.row(id).state;
    if (state === 'removed') throw unknownDownload(id);
    checkState(kind, id, state);
  }

  /**
   * Hands a command to whoever has the download. `otherwise`: what to change in the row of one that nobody has, in the same
   * transaction, so that no process can take it in between.
   */
  #send(request: ControlRequest, otherwise?: DownloadPatch): Recipient {
    const store = this.#store;
    const { download: id } = request;
    if (this.#local !== undefined && this.#isHere(id)) {
      carryOut(request, this.#local);
      return 'here';
    }
    if (store === undefined) return 'nobody';
    if (otherwise === undefined) return store.request(request) ? 'elsewhere' : 'nobody';
    let isAsked = false;
    store.together(() => {
      isAsked = store.request(request);
      if (!isAsked) store.update(id, otherwise);
    });
    return isAsked ? 'elsewhere' : 'nobody';
  }

  /** Asks about many in one transaction. How many of them a living process has. */
  #ask(kind: 'pause' | 'resume', rows: readonly Pick<DownloadRow, 'id'>[]): number {
    let asked = 0;
    if (rows.length === 0) return asked;
    this.#store?.together(() => {
      asked = rows.filter(({ id }) => this.#store?.request({ kind, download: id })).length;
    });
    return asked;
  }

  /** Those in the list that this process does not have. */
  #others(states: readonly DownloadState[]): readonly DownloadRow[] {
    const rows = this.#store?.list({ states }) ?? [];
    return rows.filter(({ id }) => !this.#isHere(id));
  }

  /** False when a process has taken the download meanwhile, and works on its part. */
  async #deletePart({ id, path }: DownloadRow): Promise<boolean> {
    if (path === undefined) return true;
    const { removePart } = await import('../disk/remove-part.ts');
    try {
      await removePart(path + PART_SUFFIX, this.#dataDir);
      return true;
    } catch (thrown) {
      if (this.#store?.get(id)?.isTaken === true) return false;
      throw thrown;
    }
  }
}

function failedInRoom(id: number): DragonloadError {
  return new DragonloadError('wrong-state', `Download ${id} has failed in a room that has not ended.`, {
    facts: { id },
    hint: advice('Leave the room first.'),
  });
}
