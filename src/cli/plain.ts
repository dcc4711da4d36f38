import type { DragonloadError } from '../core/errors.ts';
import type { DownloadView, View } from '../core/view.ts';
import type { Result, Task, TaskEvent } from '../member/task.ts';
import { errorLines, eventLines, gainLines, noticeLines } from './event-lines.ts';
import { formatBytes, formatDuration, formatRate, percentOf } from './format.ts';
import { inviteLines } from './invite-card.ts';
import type { LineSink } from './json.ts';
import { current } from './member-table.ts';
import type { Reporter } from './reporter.ts';
import { ToldErrors } from './reporter.ts';
import type { Look } from './spans.ts';

/** How often the view is looked at for changes, and the ticks after which progress is told: at 1 s, then every 5 s. */
const TICK_MS = 1000;
const TICKS_PER_PROGRESS = 5;

/** For logs and pipes: a line when something changes and one every five seconds. `quiet`: errors and the invite alone. */
export class PlainReporter implements Reporter {
  readonly #stderr: LineSink;
  readonly #look: Look;
  readonly #quiet: boolean;
  readonly #told = new ToldErrors();
  readonly #phases = new Map<string, DownloadView['phase']>();
  #task: Pick<Task, 'view'> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #paused = false;

  constructor(stderr: LineSink, look: Look, options: { quiet?: boolean } = {}) {
    this.#stderr = stderr;
    this.#look = look;
    this.#quiet = options.quiet ?? false;
  }

  watch(task: Pick<Task, 'view'>): void {
    this.#task = task;
    if (!this.#quiet) this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Tells what changed since the last call, and progress at the first call and every fifth after. */
  tick(): void {
    if (this.#paused || this.#task === undefined) return;
    const view = this.#task.view();
    this.#changes(view);
    const download = current(view);
    if (this.#ticks++ % TICKS_PER_PROGRESS === 0 && download?.phase === 'downloading') {
      this.#print(progressLines(view, download, this.#look));
    }
  }

  event(event: TaskEvent): void {
    if (event.type === 'error') this.error(event.error);
    else if (event.type === 'invite') {
      this.#print(this.#quiet ? [event.link] : inviteLines(event.link, this.#look));
    } else if (!this.#quiet) this.#print(eventLines(event, this.#task?.view(), this.#look));
  }

  notice(message: string): void {
    if (!this.#quiet) this.#print(noticeLines(message, this.#look));
  }

  error(error: DragonloadError): void {
    if (this.#told.isNew(error)) this.#print(errorLines(error, this.#look));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  close(results: readonly Result[]): void {
    clearInterval(this.#timer);
    if (!this.#quiet) this.#print(results.flatMap((result) => gainLines(result, this.#look)));
  }

  #changes(view: View): void {
    for (const download of view.downloads) {
      if (this.#phases.get(download.id) === download.phase) continue;
      this.#phases.set(download.id, download.phase);
      const size = download.sizeBytes === undefined ? 'size unknown' : formatBytes(download.sizeBytes);
      const text =
        download.phase === 'downloading'
          ? `Fetching ${download.fileName} (${size})`
          : download.phase === 'checking'
            ? `Checking ${download.fileName}`
            : undefined;
      if (text !== undefined) this.#print(noticeLines(text, this.#look));
    }
  }

  #print(lines: readonly string[]): void {
    if (lines.length > 0) this.#stderr.write(lines.map((line) => `${line}\n`).join(''));
  }
}

/** Progress in one line, for logs. */
function progressLines(view: View, download: DownloadView, look: Look): string[] {
  const { heldBytes, sizeBytes, originRate, lanRate, leftMs } = download;
  const amount =
    sizeBytes === undefined
      ? formatBytes(heldBytes)
      : `${percentOf(heldBytes, sizeBytes)}% of ${formatBytes(sizeBytes)}`;
  const parts = [`${download.fileName}: ${amount}`, formatRate(originRate + lanRate)];
  if (view.members.length > 1) {
    const connected = view.members.filter((member) => member.isMe || member.connected).length;
    parts.push(`origin ${formatRate(originRate)}, LAN ${formatRate(lanRate)}`, `${connected} members`);
  }
  if (leftMs !== undefined) parts.push(`${formatDuration(leftMs)} left`);
  return noticeLines(parts.join(', '), look);
}
