import type { DownloadRow, Store } from '../../member/downloads.ts';
import { withFreshLink } from '../../member/downloads.ts';
import { checkUrl } from '../links.ts';
import { usageError } from '../usage.ts';
import { say } from './carry-out.ts';

/** `dragonload refresh`: a running download hears of the link now, another one when it is resumed. */
export function refresh(store: Store, row: DownloadRow, url: string): undefined {
  const link = checkUrl(url);
  if (row.state === 'done') {
    throw usageError(`Download ${row.id} is finished.`, 'To fetch the file again: dragonload get URL');
  }
  store.update(row.id, { job: withFreshLink(row.job, link) });
  if (store.isRunning(row.id)) {
    store.request({ kind: 'refresh', download: row.id, value: link });
    say(`Download ${row.id} goes on with the new link.`);
  } else say(`Download ${row.id} has the new link. To go on: dragonload resume ${row.id}`);
}
