import type { Job } from '../job.ts';
import { readListBytes } from './list-file.ts';
import { listText } from './list-text.ts';
import { parsePlainList } from './plain-list.ts';

/**
 * The downloads in a list that the user names: a plain list (see `parsePlainList`). With `-` the list comes from stdin.
 * Throws `bad-list`, with the line as far as there is one, when it cannot be read or anything in it is wrong.
 */
export async function readList(path: string, onNotice: (message: string) => void): Promise<readonly Job[]> {
  const list = path === '-' ? 'The list on stdin' : `The list ${path}`;
  const text = listText(await readListBytes(path, list), list);
  return parsePlainList(text, list, onNotice);
}
