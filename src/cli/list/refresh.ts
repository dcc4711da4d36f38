import type { DownloadCommands } from '../../downloads/download-commands.ts';
import { checkUrl } from '../flags/links.ts';
import { numberOf } from './choose.ts';
import { say } from './say.ts';

/** `dragonload refresh`: a running download hears of the link now, another one when it is resumed. */
export function refresh(commands: DownloadCommands, [text = '', url = '']: readonly string[]): undefined {
  const id = numberOf(text);
  if (commands.refresh(id, checkUrl(url)) === 'nobody')
    say(`Download ${id} has the new link. To go on: dragonload resume ${id}`);
  else say(`Download ${id} goes on with the new link.`);
}
