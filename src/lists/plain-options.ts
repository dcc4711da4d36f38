import { isAbsolute, normalize, sep } from 'node:path';
import type { DragonloadError } from '../core/errors.ts';
import { readChecksum } from '../core/expected-digest.ts';
import { checkHeaders } from '../origin/requests/request-headers.ts';
import type { Job, StatedDigest } from './job.ts';
import { listError } from './list-error.ts';
import { safePath } from './safe-path.ts';

/** The settings of a download besides its addresses. */
export type ListOptions = Omit<Job, 'url' | 'mirrors'>;

/** Most headers of one download: no server accepts more. */
const MAX_HEADERS = 64;
const MAX_CHECKSUMS = 16;
/** As for the flags: less than this and keeping a connection alive costs more than it carries. */
const MIN_RATE = 1024;
const MAX_PRIORITY = 1000;
const POWERS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3 };

/** A wrong value of an option, and what it should look like. */
class BadValue extends Error {
  readonly next: string;

  constructor(wrong: string, next: string) {
    super(wrong);
    this.next = next;
  }
}

/**
 * The options below one download of a plain list, with the names that aria2 has for them, and `priority`. Of one that
 * is there twice the last counts; headers and checksums add up.
 */
export class PlainOptions {
  readonly #list: string;
  readonly #headers: (readonly [name: string, value: string])[] = [];
  readonly #checksums: StatedDigest[] = [];
  #userAgent: string | undefined;
  #referer: string | undefined;
  #job: ListOptions = {};

  constructor(list: string) {
    this.#list = list;
  }

  /** Takes `NAME=VALUE`. Returns the name when it is not known; throws `bad-list` for a value that is wrong. */
  read(text: string, line: number): string | undefined {
    const at = text.indexOf('=');
    const name = text.slice(0, Math.max(0, at)).trim();
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
      throw listError(
        this.#list,
        line,
        'a line that begins with a space is an option, and this is not one',
        'Write options as NAME=VALUE, and begin the line of an address without spaces.',
      );
    }
    try {
      return this.#take(name, text.slice(at + 1).trim()) ? undefined : name;
    } catch (thrown) {
      const { message, next } = thrown as BadValue | DragonloadError;
      const wrong = message.replace(/\.$/, '').replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase());
      throw listError(this.#list, line, wrong, next ?? 'Correct the line.', thrown);
    }
  }

  /** All options that were read. */
  finish(): ListOptions {
    const request = {
      ...(this.#headers.length > 0 ? { headers: this.#headers } : {}),
      ...(this.#userAgent === undefined ? {} : { userAgent: this.#userAgent }),
      ...(this.#referer === undefined ? {} : { referer: this.#referer }),
    };
    return {
      ...this.#job,
      ...(this.#checksums.length > 0 ? { checksums: this.#checksums } : {}),
      ...(Object.keys(request).length > 0 ? { request } : {}),
    };
  }

  #take(name: string, value: string): boolean {
    switch (name) {
      case 'out':
        this.#job = { ...this.#job, output: outputOf(value) };
        return true;
      case 'dir':
        this.#job = { ...this.#job, directory: directoryOf(value) };
        return true;
      case 'checksum':
        if (this.#checksums.length < MAX_CHECKSUMS) this.#checksums.push(checksumOf(value));
        return true;
      case 'header':
        this.#addHeader(value);
        return true;
      case 'user-agent':
        checkHeaders({ userAgent: value });
        this.#userAgent = value;
        return true;
      case 'referer':
        checkHeaders({ referer: value });
        this.#referer = value;
        return true;
      case 'max-download-limit':
        this.#limit(value);
        return true;
      case 'priority':
        this.#job = { ...this.#job, priority: priorityOf(value) };
        return true;
      default:
        return false;
    }
  }

  #addHeader(text: string): void {
    const colon = text.indexOf(':');
    if (colon < 1) throw new BadValue('this is not a header', 'Write it as header=Name: value.');
    if (this.#headers.length === MAX_HEADERS)
      throw new BadValue(`there are more than ${MAX_HEADERS} headers`, 'Leave some of them out.');
    const header = [text.slice(0, colon), text.slice(colon + 1).trim()] as const;
    checkHeaders({ headers: [header] });
    this.#headers.push(header);
  }

  /** 0 means no limit, as in aria2. */
  #limit(text: string): void {
    const { limitRate: _, ...others } = this.#job;
    const limitRate = rateOf(text);
    this.#job = limitRate === 0 ? others : { ...others, limitRate };
  }
}

function outputOf(value: string): string {
  const path = safePath(value);
  if (path === undefined) {
    throw new BadValue(
      'the name in out= does not stay in the download directory',
      'Write a name, or a path below the directory; another directory goes into dir=.',
    );
  }
  return path.directory === undefined ? path.fileName : `${path.directory}/${path.fileName}`;
}

function directoryOf(value: string): string {
  const directory = normalize(value);
  const isOutside = !isAbsolute(value) && (directory === '..' || directory.startsWith(`..${sep}`));
  if (value === '' || value.length > 4096 || value.includes('\0') || isOutside) {
    throw new BadValue(
      'the directory in dir= is outside the download directory',
      'If that is meant, write it in full, from the root.',
    );
  }
  return value;
}

function checksumOf(value: string): StatedDigest {
  const digest = readChecksum(value);
  if (digest === undefined) {
    throw new BadValue(
      'this is not a checksum',
      'Write it as checksum=sha-256=64 hex digits; sha-512, sha-1 and md5 are known too.',
    );
  }
  return { checksum: `${digest.algorithm}:${digest.hex}`, by: 'the list' };
}

/** In bytes per second. As in aria2, `K` and `M` are powers of 1024. */
function rateOf(text: string): number {
  const [, digits, prefix = ''] = /^(\d{1,12})([kmg]?)$/i.exec(text) ?? [];
  const rate = Number(digits) * 1024 ** POWERS[prefix.toLowerCase()]!;
  if (rate === 0 || (rate >= MIN_RATE && Number.isSafeInteger(rate))) return rate;
  throw new BadValue(
    'this is not a rate',
    'Write bytes per second, such as 500K or 10M; the least is 1K, and 0 is no limit.',
  );
}

function priorityOf(text: string): number {
  const priority = /^-?\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(priority) <= MAX_PRIORITY) return priority;
  throw new BadValue(
    `the priority is not a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`,
    'Higher ones start first; 0 is the usual one.',
  );
}
