import type { DownloadRow, Store } from '../../downloads/edits.ts';
import { jobOf, withFreshLink } from '../../downloads/edits.ts';
import { checkUrl } from '../flags/links.ts';
import { usageError } from '../flags/usage.ts';
import { say } from './say.ts';

/** `dragonload refresh`: a running download hears of the link now, another one when it is resumed. */
export function refresh(store: Store, row: DownloadRow, url: string): undefined {
  const link = checkUrl(url);
  if (row.state === 'done') {
    throw usageError(`Download ${row.id} is finished.`, 'To fetch the file again: dragonload get URL');
  }
  if (jobOf(row) === undefined) {
    throw usageError(`What is known of download ${row.id} cannot be read.`, 'Begin it again with its URL.');
  }
  store.update(row.id, { job: withFreshLink(row.job, link) });
  if (store.request({ kind: 'refresh', download: row.id, value: link })) {
    say(`Download ${row.id} goes on with the new link.`);
  } else say(`Download ${row.id} has the new link. To go on: dragonload resume ${row.id}`);
}
