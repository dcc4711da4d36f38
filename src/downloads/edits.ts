import { places } from '../disk/files/places.ts';
import { Store } from '../store/store.ts';
import { displayUrl } from '../url/web-url.ts';

export type { DownloadRow, DownloadState } from '../store/download-row.ts';
export type { Store } from '../store/store.ts';
export { jobOf } from './job-row.ts';
export { displayUrl };

/**
 * The list of downloads of this user. Throws `state-broken` or `unwritable` when it cannot be had.
 *
 * @param home In place of the usual folders of this user.
 */
export function openStore(onNotice: (message: string) => void, home?: string): Store {
  return Store.open(dataDirOf(home), onNotice);
}

/** Where the list, journals and locks are. */
export function dataDirOf(home?: string): string {
  return places(home).dataDir;
}
