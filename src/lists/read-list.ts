import type { Job } from './job.ts';
import { readListBytes } from './list-file.ts';
import { listText } from './list-text.ts';
import { parsePlainList } from './plain-list.ts';

/**
 * The downloads in a list that the user names: a Metalink file (see `MetalinkReader`), or a plain list (see
 * `parsePlainList`). What it is shows in its text, not in its name: it begins with `<` or not. With `-` it comes from
 * stdin. Throws `bad-list`, with the line as far as there is one, when it cannot be read or anything in it is wrong.
 */
export async function readList(path: string, onNotice: (message: string) => void): Promise<readonly Job[]> {
  const list = path === '-' ? 'The list on stdin' : `The list ${path}`;
  const text = listText(await readListBytes(path, list), list);
  if (!/^\s*</.test(text)) return parsePlainList(text, list, onNotice);
  const { parseMetalink } = await import('./metalink.ts');
  return parseMetalink(text, { list, by: 'the Metalink file', onNotice });
}
