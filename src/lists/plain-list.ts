import { parseOriginUrl } from '../url/web-url.ts';
import type { Job } from './job.ts';
import { listError, MAX_ADDRESSES, MAX_DOWNLOADS, quoted, tooMany } from './list-error.ts';
import { empty } from './list-text.ts';
import { PlainOptions } from './plain-options.ts';

/**
 * Reads a list in the form that aria2 reads (`--input-file`, aria2 manual): one download on a line, with further
 * addresses of the same file after tabs; lines that begin with white space are options of the download above. Empty
 * lines and those that begin with `#` are ignored. Throws `bad-list` for the first wrong line, so that nothing of a
 * wrong list is downloaded; unknown options are ignored with a notice.
 *
 * @param list What the list is called in errors.
 */
export function parsePlainList(
  text: string,
  list: string,
  onNotice: (message: string) => void,
): readonly Job[] {
  const jobs: Job[] = [];
  const notices = new Notices(list, onNotice);
  let current: { readonly addresses: Addresses; readonly options: PlainOptions } | undefined;
  const finish = () => {
    if (current === undefined) return;
    jobs.push({ ...current.addresses, ...current.options.finish() });
    current = undefined;
  };
  for (const [line, content] of linesOf(text)) {
    if (/^\s*(#|$)/.test(content)) continue;
    if (!/^\s/.test(content)) {
      finish();
      if (jobs.length === MAX_DOWNLOADS) throw tooMany(list, line);
      current = { addresses: addressesOf(content, list, line, notices), options: new PlainOptions(list) };
    } else if (current === undefined) {
      throw listError(
        list,
        line,
        'an option stands before the first download',
        'Begin the line of an address without spaces; options go below their address.',
      );
    } else {
      const unknown = current.options.read(content.trim(), line);
      if (unknown !== undefined) notices.unknown(unknown, line);
    }
  }
  finish();
  notices.tell();
  if (jobs.length === 0) throw empty(list);
  return jobs;
}

type Addresses = Pick<Job, 'url' | 'mirrors'>;

/** The addresses on one line: one file at one or several places. */
function addressesOf(content: string, list: string, line: number, notices: Notices): Addresses {
  const found: string[] = [];
  let isOther = false;
  let rest = content;
  while (rest !== '' && found.length < MAX_ADDRESSES) {
    const tab = rest.indexOf('\t');
    const text = (tab < 0 ? rest : rest.slice(0, tab)).trim();
    rest = tab < 0 ? '' : rest.slice(tab + 1);
    if (text === '') continue;
    if (/^(s?ftp|ftps):\/\//i.test(text)) {
      isOther = true;
      notices.scheme(line);
    } else {
      const url = addressOf(text, list, line);
      if (!found.includes(url)) found.push(url);
    }
  }
  if (rest.trim() !== '') notices.tooManyAddresses(line);
  const [url, ...mirrors] = found;
  if (url === undefined) {
    throw listError(
      list,
      line,
      isOther ? 'ftp is not supported' : 'there is no address',
      'Give an address that starts with https:// or http://.',
    );
  }
  return mirrors.length > 0 ? { url, mirrors } : { url };
}

/** Checks an address as it was written. Errors do not repeat it, since it may hold secrets. */
function addressOf(text: string, list: string, line: number): string {
  if (/\p{Cc}/u.test(text)) {
    throw listError(list, line, 'there is an invisible character in the address', 'Write the address anew.');
  }
  if (/\s[a-z]+:\/\//i.test(text)) {
    throw listError(
      list,
      line,
      'there are several addresses with a space between',
      'Put tabs between addresses of the same file, and different files on lines of their own.',
    );
  }
  // The usual case, without parsing the address twice.
  if (text.length < 4096 && /^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  try {
    parseOriginUrl(text);
    return text;
  } catch (thrown) {
    const { message, next } = thrown as { message: string; next?: string };
    throw listError(
      list,
      line,
      message.replace(/^T/, 't').replace(/\.$/, ''),
      next ?? 'Give the whole address, for example https://example.org/file.iso.',
      thrown,
    );
  }
}

/** Notices that are given once for the whole list, however often their reason occurs. */
class Notices {
  readonly #list: string;
  readonly #onNotice: (message: string) => void;
  readonly #told = new Set<string>();
  #untold = 0;

  constructor(list: string, onNotice: (message: string) => void) {
    this.#list = list;
    this.#onNotice = onNotice;
  }

  unknown(name: string, line: number): void {
    this.#once(`option ${name}`, line, `the option ${quoted(name)} is not known and is left out`);
  }

  scheme(line: number): void {
    this.#once('scheme', line, 'addresses of ftp are left out');
  }

  tooManyAddresses(line: number): void {
    this.#once('addresses', line, `of the addresses of one file the first ${MAX_ADDRESSES} are taken`);
  }

  /** Gives one notice for those beyond the limit. */
  tell(): void {
    if (this.#untold > 0) this.#onNotice(`${this.#list}: more options are not known and are left out.`);
  }

  #once(key: string, line: number, message: string): void {
    if (this.#told.has(key)) return;
    if (this.#told.size >= MAX_NOTICES) {
      this.#untold++;
      return;
    }
    this.#told.add(key);
    this.#onNotice(`${this.#list}, line ${line}: ${message}.`);
  }
}

/** Most different notices for one list. */
const MAX_NOTICES = 20;

/** Lines with their numbers from 1; one at a time, since there may be tens of millions. */
function* linesOf(text: string): Generator<readonly [line: number, content: string]> {
  let line = 1;
  for (let start = 0; start < text.length; line++) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const content = text.slice(start, end);
    yield [line, content.endsWith('\r') ? content.slice(0, -1) : content];
    start = end + 1;
  }
}
