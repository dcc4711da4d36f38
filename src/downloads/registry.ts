import { existsSync } from 'node:fs';
import { DragonloadError } from '../core/errors.ts';
import type { FileIdentity } from '../core/messages.ts';
import type { Result } from '../core/result.ts';
import type { Job } from '../lists/job.ts';
import type {
  ControlRequest,
  DownloadPatch,
  DownloadRow,
  NewDownload,
  RestingState,
} from '../store/download-row.ts';
import type { Store } from '../store/store.ts';
import { jobOf, jobText } from './job-row.ts';
import { trustWord } from './trust-text.ts';

/** Between two writes of what changed, in milliseconds. */
const WRITE_MS = 1_000;

/** A download to be put in the list. */
export interface Registration {
  readonly way: NewDownload['way'];
  readonly job: Job;
  /** Absolute. */
  readonly directory: string;
}

/** How far a download has come. What is left out stays as it was. */
export interface Progress {
  readonly fileName?: string | undefined;
  /** Where the file will be. */
  readonly path?: string | undefined;
  readonly sizeBytes?: number | undefined;
  readonly heldBytes?: number;
  readonly originBytes?: number;
  readonly lanBytes?: number;
  readonly bytesPerSecond?: number;
  readonly priority?: number;
  /** As `jobText` writes it. */
  readonly job?: string;
}

/**
 * The list of downloads as a running task sees it: puts its own in, keeps them up to date, hears what others ask of
 * them. Everything that changes is gathered and written at most once a second, and when the task ends. Without a store
 * nothing is written and every number is still given out once, so that nobody has to ask whether there is one. Nothing
 * here throws: downloads do not depend on the list, and what goes wrong with it is told once.
 */
export class Registry implements Disposable {
  #store: Store | undefined;
  readonly #onNotice: (message: string) => void;
  #isTold = false;
  /** What had its turn here, and the state that it is left in if nobody says otherwise. */
  readonly #claimed = new Map<number, RestingState>();
  readonly #changes = new Map<number, DownloadPatch>();
  /** Put in by this process, and not begun yet. */
  readonly #fresh = new Set<number>();
  /** Downloads that are to be let go of with the next write. */
  readonly #releases = new Map<number, RestingState>();
  #lastNumber = 0;
  #hasTaken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store | undefined, onNotice: (message: string) => void) {
    this.#store = store;
    this.#onNotice = onNotice;
  }

  /**
   * The numbers of downloads in the list, in order. One that is there already, by its own number or as the same
   * unfinished one, keeps its number; the others are added in one go.
   */
  add(registrations: readonly Registration[]): readonly number[] {
    const ids = this.#try((store) => {
      const known = registrations.map((registration) => knownRow(store, registration)?.id);
      const fresh = registrations.filter((_, index) => known[index] === undefined);
      const numbers = fresh.length > 0 ? store.add(fresh.map(newDownload)) : [];
      for (const id of numbers) this.#fresh.add(id);
      const added = numbers.values();
      return known.map((id) => id ?? added.next().value ?? this.#number());
    }, undefined);
    if (ids !== undefined) {
      for (const id of ids) this.#lastNumber = Math.max(this.#lastNumber, id);
      return ids;
    }
    // Numbers that the list has not given out must not come near it.
    this.#store = undefined;
    return registrations.map(({ job }) => job.id ?? this.#number());
  }

  /** What the list knows of a download from earlier; undefined for one that was put in just now. */
  get(id: number): DownloadRow | undefined {
    if (this.#fresh.has(id)) return undefined;
    return this.#try((store) => store.get(id), undefined);
  }

  /** Takes downloads on that are to wait for their turn. Those that it could take: others are of other processes. */
  takeOn(ids: readonly number[]): ReadonlySet<number> {
    const taken = new Set(this.#try((store) => store.takeOn(ids), ids));
    this.#hasTaken ||= taken.size > 0;
    return taken;
  }

  /** A download has its turn. False: another living process has it. */
  claim(id: number): boolean {
    // What is still to be written comes from before.
    this.#write(id);
    if (!this.#try((store) => store.claim(id), true)) return false;
    this.#hasTaken = true;
    this.#fresh.delete(id);
    this.#claimed.set(id, 'waiting');
    this.#releases.delete(id);
    return true;
  }

  /** It runs now, for the so-manieth time. */
  started(id: number, attempt: number): void {
    this.#change(id, { attempts: attempt });
  }

  /** Cheap: may be called as often as anything changes. */
  progress(id: number, progress: Progress): void {
    this.#change(id, progress);
  }

  /** It stays with this process, and does not run. */
  rests(id: number, state: 'waiting' | 'paused', error?: DragonloadError): void {
    if (this.#claimed.has(id)) this.#claimed.set(id, state);
    this.#change(id, { state, bytesPerSecond: 0, ...(error === undefined ? {} : { error: errorOf(error) }) });
  }

  /** The file is there. `fileModifiedMs`: what the file system says, to recognise the file by. */
  finished(
    id: number,
    result: Result,
    found: { readonly identity: FileIdentity; readonly fileModifiedMs?: number | undefined },
  ): void {
    const { path, sizeBytes, sha256, trust, originBytes, lanBytes } = result;
    const { etag, lastModified } = found.identity;
    this.#change(id, {
      path,
      sizeBytes,
      sha256,
      originBytes,
      lanBytes,
      etag,
      lastModified,
      heldBytes: sizeBytes,
      bytesPerSecond: 0,
      trust: trustWord(trust),
      error: undefined,
      fileModifiedMs: found.fileModifiedMs,
    });
    this.release(id, 'done');
  }

  /** It failed. It stays with this process, which may be asked to try again. */
  failed(id: number, error: DragonloadError): void {
    // What another process has is its own to tell about.
    if (!this.#claimed.has(id)) return;
    this.#claimed.set(id, 'failed');
    this.#change(id, { state: 'failed', bytesPerSecond: 0, error: errorOf(error) });
  }

  /** Lets go of a download that this process had. */
  release(id: number, state: RestingState): void {
    this.#releases.set(id, state);
    this.#writeSoon();
  }

  /** Takes a download out of the list. */
  remove(id: number): void {
    this.#changes.delete(id);
    this.#releases.delete(id);
    this.#claimed.delete(id);
    this.#fresh.delete(id);
    this.#try((store) => store.remove(id), false);
  }

  /** What others ask of downloads of this process, oldest first. */
  takeRequests(): readonly ControlRequest[] {
    return this.#hasTaken ? this.#try((store) => store.takeRequests(), []) : [];
  }

  /** Writes what has changed. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = [...this.#changes];
    const releases = [...this.#releases].filter(([id]) => this.#claimed.delete(id));
    this.#changes.clear();
    this.#releases.clear();
    if (changes.length + releases.length === 0) return;
    const write = (store: Store) => {
      for (const [id, patch] of changes) store.update(id, patch);
      for (const [id, state] of releases) store.release(id, state);
    };
    this.#try((store) => store.together(() => write(store)), undefined);
  }

  /** Writes what has changed; what this process still has is let go of, for somebody to go on with. */
  [Symbol.dispose](): void {
    for (const [id, state] of this.#claimed) if (!this.#releases.has(id)) this.#releases.set(id, state);
    this.flush();
  }

  #write(id: number): void {
    const patch = this.#changes.get(id);
    if (patch === undefined) return;
    this.#changes.delete(id);
    this.#try((store) => store.update(id, patch), undefined);
  }

  #try<T>(act: (store: Store) => T, otherwise: T): T {
    if (this.#store === undefined) return otherwise;
    try {
      return act(this.#store);
    } catch (thrown) {
      const { message } = DragonloadError.from(thrown);
      if (!this.#isTold) this.#onNotice(`${message} Downloads go on, and the list may not show it.`);
      this.#isTold = true;
      return otherwise;
    }
  }

  #number(): number {
    return ++this.#lastNumber;
  }

  #change(id: number, patch: DownloadPatch): void {
    if (this.#store === undefined) return;
    this.#changes.set(id, { ...this.#changes.get(id), ...patch });
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#store === undefined) return;
    // Whoever ends writes: nothing has to stay awake for this.
    this.#timer ??= setTimeout(() => this.flush(), WRITE_MS).unref();
  }
}

/** The row that a download goes on with: its own, or an earlier run's of the same one that nobody works on. */
function knownRow(store: Store, { job, directory }: Registration): DownloadRow | undefined {
  if (job.id !== undefined) return store.get(job.id);
  const row = store.find(job.url, directory);
  if (row === undefined || row.isTaken === true) return undefined;
  if ((jobOf(row)?.output ?? undefined) !== job.output) return undefined;
  // A finished one is gone on with when its file may be all that is needed.
  const isOver = row.state === 'done' && (row.path === undefined || !existsSync(row.path));
  return isOver ? undefined : row;
}

function newDownload({ way, job, directory }: Registration): NewDownload {
  const fileName = job.output ?? job.fileName;
  return {
    way,
    url: job.url,
    directory,
    ...(fileName === undefined ? {} : { fileName }),
    ...(job.priority === undefined ? {} : { priority: job.priority }),
    job: jobText(job, directory),
  };
}

function errorOf({ code, message, next, hint }: DragonloadError): NonNullable<DownloadRow['error']> {
  return { code, message, ...(hint === undefined ? {} : { next, hint }) };
}
