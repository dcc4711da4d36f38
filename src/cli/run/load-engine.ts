import type { StateSource } from '../../app/state-tracker.ts';
import { type HostTarget, isLocalFile, type LocalFile } from '../../engine/base/host-target.ts';
import type { TaskOptions } from '../../engine/base/task.ts';
import type { CommandName } from '../flags/commands.ts';

/** What to download: URLs, or jobs that say more; for a `host` files that are here, too; for a `join` the one invite. */
export type Target = HostTarget;

/** An engine that has begun with what it is to download. Disposing of it stops it in order. */
export interface BegunEngine extends StateSource, AsyncDisposable {
  /** Resolves when everything is done and all is closed. Rejects with the first failure. */
  readonly finished: Promise<unknown>;
}

/** Begins to take part in one of the three ways. */
export type Start = (targets: readonly Target[], options: TaskOptions) => BegunEngine;

/** A file that is here is shared in a room and never put into the queue. */
function isFetched(target: Target): target is Exclude<Target, LocalFile> {
  return !isLocalFile(target);
}

/** Loads the engine, which nothing but a download needs. */
export async function loadEngine(way: CommandName): Promise<Start> {
  const [{ Dragonload }] = await Promise.all([
    import('../../app/dragonload.ts'),
    // What it will load next, so that both come at once.
    way === 'get' ? import('../../engine/queue/download-queue.ts') : import('../../app/start.ts'),
  ]);
  return (targets, options) => {
    const dragonload = new Dragonload(options);
    const begin = async (): Promise<unknown> => {
      if (way === 'get') await dragonload.add(targets.filter(isFetched));
      else if (way === 'host') await dragonload.host(targets);
      else await dragonload.join(targets[0] as string);
      return dragonload.finish();
    };
    const finished = begin();
    // Whoever breaks it off need not look at the promise.
    finished.catch(() => {});
    return {
      get state() {
        return dragonload.state;
      },
      get downloadCount() {
        return dragonload.downloadCount;
      },
      finished,
      [Symbol.asyncDispose]: () => dragonload[Symbol.asyncDispose](),
    };
  };
}
