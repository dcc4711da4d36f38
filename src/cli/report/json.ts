import { Pace } from '../../app/pace.ts';
import { isUnderWay } from '../../app/queue-state.ts';
import { hasQueue, isSeveral, type QueueSummary, queueSummary } from '../../app/queue-summary.ts';
import type { DownloadState } from '../../app/state.ts';
import type { StateSource } from '../../app/state-tracker.ts';
import type { DragonloadError } from '../../core/errors.ts';
import { trustWord } from '../../downloads/trust-text.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { nextStep, ownSource, withNextStep } from '../text/error-text.ts';
import { errorLines, eventLines } from '../text/event-lines.ts';
import type { Look } from '../text/spans.ts';
import { safeText } from '../text/text.ts';
import type { Reporter } from './reporter.ts';
import { ToldErrors } from './reporter.ts';

/** Between two `progress` lines of a download alone, in milliseconds; with several it is twice that. */
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
  readonly #pace = new Pace();
  #source: StateSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #queueLine = '';

  constructor(stdout: LineSink, stderr: LineSink, look: Look, options: { quiet?: boolean } = {}) {
    this.#quiet = options.quiet ?? false;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#look = look;
  }

  watch(source: StateSource): void {
    this.#source = source;
    this.#timer = setInterval(() => this.tick(), PROGRESS_MS);
  }

  /** Writes a `progress` line for every download that is under way, and one for the queue. The timer calls it. */
  tick(): void {
    const state = this.#source?.state;
    if (state === undefined) return;
    const isQueue = hasQueue(state);
    if (isQueue && isSeveral(state) && this.#ticks++ % 2 === 1) return;
    this.#pace.note(state, performance.now());
    for (const download of state.downloads) {
      if (isUnderWay(download)) this.#line(progress(download));
    }
    if (!isQueue) return;
    const line = jsonLine(queueObject(queueSummary(state, this.#pace)));
    if (line !== this.#queueLine) this.#stdout.write(`${line}\n`);
    this.#queueLine = line;
  }

  event(event: TaskEvent): void {
    if (event.type === 'error') {
      if (!this.#told.isNew(event.error, event.id)) return;
      this.#line(errorObject(event.error, event));
      this.#people(eventLines(event, this.#look, (this.#source?.downloadCount ?? 0) > 1));
      return;
    }
    const line = jsonEvent(event);
    if (line !== undefined) this.#line(line);
    else if (event.type === 'notice') this.notice(withNextStep(event.message, event.hint));
  }

  notice(message: string): void {
    if (!this.#quiet) this.#stderr.write(`${safeText(message)}\n`);
  }

  error(error: DragonloadError): void {
    if (!this.#told.isNew(error)) return;
    this.#line(errorObject(error));
    this.#people(errorLines(error, this.#look));
  }

  pause(): void {}
  resume(): void {}

  close(): void {
    clearInterval(this.#timer);
  }

  #people(lines: readonly string[]): void {
    this.#stderr.write(lines.map((line) => `${line}\n`).join(''));
  }

  #line(value: object): void {
    this.#stdout.write(`${jsonLine(value)}\n`);
  }
}

/** Nearly all lines are of these characters alone, and are found to be so in a fraction of the time. */
const PLAIN = /^[ -~]*$/;
/** Escaped beyond what JSON asks for: terminals obey C1 controls, and format characters turn what is read around. */
const INVISIBLE = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** A value on one line that steers no terminal: `--json` is looked at, too. */
export function jsonLine(value: object): string {
  const line = JSON.stringify(value);
  if (PLAIN.test(line)) return line;
  return line.replace(INVISIBLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The `error` line. What is not known is left out: the advice, and the download that it is about. */
export function errorObject(
  error: DragonloadError,
  about: { readonly id?: number | undefined; readonly url?: string | undefined } = {},
): object {
  const { code, message, hint } = error;
  const next = hint && nextStep(hint, about.id);
  return { event: 'error', code, message, next, id: about.id, url: about.url };
}

function queueObject({ queue, rate }: QueueSummary): object {
  const { waiting, running, paused, done, failed, heldBytes, sizeBytes, opensAtMs } = queue;
  // Schedules are of minutes; so rounded it stays the same, and is told once.
  const opensMs = Math.round((opensAtMs ?? 0) / 60_000) * 60_000;
  const opensAt = opensAtMs === undefined ? undefined : new Date(opensMs).toISOString();
  return {
    event: 'queue',
    waiting,
    running,
    paused,
    done,
    failed,
    bytes: heldBytes,
    size: sizeBytes,
    rate: Math.round(rate),
    opensAt,
  };
}

function jsonEvent(event: TaskEvent): object | undefined {
  switch (event.type) {
    case 'invite':
      return { event: 'invite', link: event.link };
    case 'member':
      return { event: 'member', change: event.change, id: event.id, name: event.name };
    case 'waiting':
      return {
        event: 'waiting',
        for: event.for,
        seconds: event.leftMs === undefined ? null : Math.round(event.leftMs / 1000),
      };
    case 'done': {
      const { download, id, url, path, sizeBytes, sha256, trust, originBytes, lanBytes } = event.result;
      // A millisecond is as fine as the clock of anyone who compares.
      const seconds = Math.round(event.result.seconds * 1000) / 1000;
      const word = trustWord(trust);
      return {
        event: 'done',
        download,
        id,
        url,
        path,
        size: sizeBytes,
        sha256,
        trust: word,
        ...(trust.kind === 'publisher-verified' ? { verifiedBy: ownSource(trust.by) } : {}),
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
function progress(download: DownloadState): object {
  return {
    event: 'progress',
    // Before the origin has been asked nobody knows what it is but by its address.
    download: download.download ?? `job ${download.url}`,
    bytes: download.heldBytes,
    size: download.sizeBytes ?? null,
    originBytes: download.originBytes,
    lanBytes: download.lanBytes,
    rate: Math.round(download.originRate + download.lanRate),
  };
}
