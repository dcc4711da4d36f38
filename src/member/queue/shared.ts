import { resolve } from 'node:path';
import { places } from '../../disk/places.ts';
import type { Meter } from '../../origin/meter.ts';
import type { RateLimiter } from '../../origin/rate-limit.ts';
import { Store } from '../../store/store.ts';
import { metersFor } from '../meters.ts';
import { Origins } from '../origins.ts';
import type { TaskOptions } from '../task.ts';
import { Categories } from './categories.ts';

/** What the downloads of a queue have in common. */
export class QueueShared implements Disposable {
  readonly options: TaskOptions;
  /** Absolute: where files go unless something else is said of one. */
  readonly directory: string;
  readonly categories: Categories;
  /** For journals and locks. */
  readonly dataDir: string;
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
    this.options = options;
    this.directory = resolve(options.directory ?? '.');
    this.categories = new Categories(queue.categories, this.directory);
    this.dataDir = places(options.home).dataDir;
    this.store = Store.tryOpen(this.dataDir, hooks.onNotice);
    ({ limiter: this.limiter, meter: this.meter } = metersFor(options, hooks.onSpent));
    this.origins = new Origins({
      request: options.request,
      allowPrivate: options.allowPrivate === true,
      meter: this.meter,
      onNotice: hooks.onNotice,
    });
  }

  [Symbol.dispose](): void {
    this.origins[Symbol.dispose]();
    this.store?.[Symbol.dispose]();
  }
}
