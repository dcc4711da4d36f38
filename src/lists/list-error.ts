import { DragonloadError } from '../core/errors.ts';
import { advice } from '../core/hint.ts';

/** Longest list that is read, in bytes: 100,000 downloads with a few mirrors each have a third of it. */
export const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** Most downloads in a list. */
export const MAX_DOWNLOADS = 100_000;
/** Addresses of one file that are kept, the best ones. More cannot be used at once. */
export const MAX_ADDRESSES = 32;

/** The error for a list. `list`: what it is called, such as `The list files.txt`; `wrong`: the end of the sentence. */
export function listError(
  list: string,
  line: number | undefined,
  wrong: string,
  next: string,
  cause?: unknown,
): DragonloadError {
  const where = line === undefined ? list : `${list}, line ${line}:`;
  return new DragonloadError('bad-list', `${where} ${wrong}.`, {
    facts: line === undefined ? {} : { line },
    hint: advice(next),
    cause,
  });
}

/** Too many downloads in a list. */
export function tooMany(list: string, line: number): DragonloadError {
  const most = MAX_DOWNLOADS.toLocaleString('en');
  return listError(list, line, `there are more than ${most} downloads`, 'Divide the list into several.');
}

/** Text of a list for an error: cut, and with invisible characters replaced. */
export function quoted(text: string): string {
  const visible = text.slice(0, 60).replace(/\p{C}/gu, '\ufffd');
  return `"${visible}${text.length > 60 ? '…' : ''}"`;
}
