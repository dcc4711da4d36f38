import { places } from '../disk/files/places.ts';
import { Store } from '../store/store.ts';
import { displayUrl } from '../url/web-url.ts';
import { DownloadCommands } from './download-commands.ts';

export type { DownloadRow, DownloadState } from '../store/download-row.ts';
export type { Store } from '../store/store.ts';
export { jobOf } from './job-row.ts';
export { displayUrl };

/** The list of downloads of this user. Throws `state-broken` or `unwritable` when it cannot be had. */
export function openStore(onNotice: (message: string) => void): Store {
  return Store.open(places().dataDir, onNotice);
}

/** Commands for a process that runs no downloads itself. */
export function commandsOf(store: Store): DownloadCommands {
  return new DownloadCommands({ store, dataDir: places().dataDir });
}
