import type { Meter } from '../../origin/meter.ts';
import { Origin } from '../../origin/origin.ts';
import { RateLimiter } from '../../origin/rate-limit.ts';
import type { RequestOptions } from '../../origin/request-options.ts';
import { places } from '../../disk/places.ts';
import { chain } from '../../origin/meter.ts';
import { Store } from '../../store/store.ts';
import type { TaskOptions } from '../task.ts';

/** What the downloads of a queue have in common. */
export class QueueShared implements AsyncDisposable {
  readonly options: TaskOptions;
  /** For journals and locks. */
  readonly dataDir: string;
  readonly store: Store | undefined;
  /** For all of this process. */
  readonly limiter: RateLimiter;

  static async open(options: TaskOptions, onNotice: (message: string) => void): Promise<QueueShared> {
    return new QueueShared(options, onNotice);
  }

  constructor(options: TaskOptions, onNotice: (message: string) => void) {
    this.options = options;
    this.dataDir = places(options.home).dataDir;
    this.store = Store.tryOpen(this.dataDir, onNotice);
    this.limiter = new RateLimiter(options.limitRate);
  }

  originOf(
    url: string,
    given: { readonly request?: RequestOptions | undefined; readonly meters: readonly Meter[] },
  ): Origin {
    const { headers } = given.request ?? this.options.request ?? {};
    return new Origin(url, {
      allowPrivate: true,
      ...(headers ? { headers } : {}),
      limiter: chain([this.limiter, ...given.meters]),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store?.[Symbol.dispose]();
  }
}
