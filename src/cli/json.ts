import type { DragonloadError } from '../core/errors.ts';
import type { DownloadView } from '../core/view.ts';
import type { Task, TaskEvent } from '../member/task.ts';
import { errorLines, trustWord } from './event-lines.ts';
import type { Reporter } from './reporter.ts';
import { ToldErrors } from './reporter.ts';
import type { Look } from './spans.ts';
import { safeText } from './text.ts';

/** Between two `progress` lines of a download, in milliseconds. */
const PROGRESS_MS = 500;

/** Where a report is written; the process streams fit. */
export interface LineSink {
  write(text: string): unknown;
}

/** `--json`: one object a line on stdout and nothing else there. People read errors and (unless `quiet`) notices on stderr. */
export class JsonReporter implements Reporter {
  readonly #stdout: LineSink;
  readonly #stderr: LineSink;
  readonly #look: Look;
  readonly #quiet: boolean;
  readonly #told = new ToldErrors();
  #task: Pick<Task, 'view'> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(stdout: LineSink, stderr: LineSink, look: Look, options: { quiet?: boolean } = {}) {
    this.#quiet = options.quiet ?? false;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#look = look;
  }

  watch(task: Pick<Task, 'view'>): void {
    this.#task = task;
    this.#timer = setInterval(() => this.tick(), PROGRESS_MS);
  }

  /** Writes a `progress` line for every download that is under way. The timer calls it. */
  tick(): void {
    for (const download of this.#task?.view().downloads ?? []) {
      if (download.phase !== 'done' && download.phase !== 'failed') this.#line(progress(download));
    }
  }

  event(event: TaskEvent): void {
    const line = jsonEvent(event);
    if (line !== undefined) this.#line(line);
    else if (event.type === 'notice') this.notice(event.message);
    else if (event.type === 'error') this.error(event.error);
  }

  notice(message: string): void {
    if (!this.#quiet) this.#stderr.write(`${safeText(message)}\n`);
  }

  error(error: DragonloadError): void {
    if (!this.#told.isNew(error)) return;
    this.#line(errorObject(error));
    this.#stderr.write(
      errorLines(error, this.#look)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }

  pause(): void {}
  resume(): void {}

  close(): void {
    clearInterval(this.#timer);
  }

  #line(value: object): void {
    this.#stdout.write(`${jsonLine(value)}\n`);
  }
}

/** Escaped beyond what JSON asks for: terminals obey C1 controls, and format characters turn what is read around. */
const INVISIBLE = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** A value on one line that steers no terminal: `--json` is looked at, too. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    INVISIBLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The `error` line. `next` is left out when there is no advice. */
export function errorObject(error: DragonloadError): object {
  return { event: 'error', code: error.code, message: error.message, next: error.next };
}

function jsonEvent(event: TaskEvent): object | undefined {
  switch (event.type) {
    case 'invite':
      return { event: 'invite', link: event.link };
    case 'member':
      return { event: 'member', change: event.change, id: event.id, name: event.name };
    case 'done': {
      const { download, path, sizeBytes, sha256, trust, originBytes, lanBytes } = event.result;
      // A millisecond is as fine as the clock of anyone who compares.
      const seconds = Math.round(event.result.seconds * 1000) / 1000;
      const word = trustWord(trust);
      return {
        event: 'done',
        download,
        path,
        size: sizeBytes,
        sha256,
        trust: word,
        seconds,
        originBytes,
        lanBytes,
      };
    }
    default:
      return undefined;
  }
}

/** `size` is null while the origin has not told it; `rate` is whole bytes per second from origin and LAN together. */
function progress(download: DownloadView): object {
  return {
    event: 'progress',
    download: download.id,
    bytes: download.heldBytes,
    size: download.sizeBytes ?? null,
    originBytes: download.originBytes,
    lanBytes: download.lanBytes,
    rate: Math.round(download.originRate + download.lanRate),
  };
}
