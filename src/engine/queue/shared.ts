import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { places } from '../../disk/files/places.ts';
import type { Meter } from '../../origin/limits/meter.ts';
import type { RateLimiter } from '../../origin/limits/rate-limit.ts';
import { type OriginNote, Store } from '../../store/store.ts';
import { metersFor } from '../base/meters.ts';
import { Origins } from '../base/origins.ts';
import type { TaskOptions } from '../base/task.ts';
import { Categories } from './categories.ts';

/** What the downloads of a queue have in common. */
export class QueueShared implements Disposable {
  readonly options: TaskOptions;
  /** Absolute: where files go unless something else is said of one. */
  readonly directory: string;
  readonly categories: Categories;
  /** For journals and locks. */
  readonly dataDir: string;
  /** In place of a home that cannot be written to, for as long as this lasts. */
  readonly #passingHome: string | undefined;
  /** Undefined where the list of downloads cannot be had: downloads do not depend on it. */
  readonly store: Store | undefined;
  /** For all downloads of this process. */
  readonly limiter: RateLimiter;
  /** Hears of all bytes: the limit for all, and the quota if there is one. */
  readonly meter: Meter;
  readonly origins: Origins;

  /** Throws `usage` for categories that are of no use. */
  constructor(
    options: TaskOptions,
    hooks: { readonly onNotice: (message: string) => void; readonly onSpent: () => void },
  ) {
    const { queue = {} } = options;
    this.directory = resolve(options.directory ?? '.');
    this.categories = new Categories(queue.categories, this.directory);
    const { dataDir } = places(options.home);
    this.store = Store.tryOpen(dataDir, hooks.onNotice);
    if (this.store === undefined && !isWritable(dataDir))
      this.#passingHome = mkdtempSync(join(tmpdir(), 'dragonload-'));
    this.options = this.#passingHome === undefined ? options : { ...options, home: this.#passingHome };
    this.dataDir = places(this.options.home).dataDir;
    ({ limiter: this.limiter, meter: this.meter } = metersFor(options, hooks.onSpent));
    this.origins = new Origins({
      request: options.request,
      allowPrivate: options.allowPrivate === true,
      meter: this.meter,
      onNotice: hooks.onNotice,
    });
  }

  /** How many connections proved right for an origin earlier. What cannot be read is not known. */
  connectionsFor(host: string): number | undefined {
    try {
      return this.store?.originOf(host)?.connections;
    } catch {
      return undefined;
    }
  }

  /** Remembers how an origin did. It is a help and no more, so that nobody hears of it when that is not possible. */
  noteOrigin(host: string, seen: OriginNote): void {
    try {
      this.store?.noteOrigin(host, seen);
    } catch {}
  }

  [Symbol.dispose](): void {
    this.origins[Symbol.dispose]();
    this.store?.[Symbol.dispose]();
    if (this.#passingHome !== undefined) rmSync(this.#passingHome, { recursive: true, force: true });
  }
}

function isWritable(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
