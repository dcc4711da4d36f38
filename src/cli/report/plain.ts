import type { DragonloadError } from '../../core/errors.ts';
import type { DownloadView, View } from '../../core/view.ts';
import type { Task, TaskEvent } from '../../engine/base/task.ts';
import { inviteLines } from '../screen/invite-card.ts';
import { current } from '../screen/member-table.ts';
import { Pace } from '../screen/pace.ts';
import { queueLine, queueState, restText } from '../screen/queue-state.ts';
import { errorLines, eventLines, isQueue, noticeLines } from '../text/event-lines.ts';
import { formatBytes, formatDuration, formatRate, percentOf } from '../text/format.ts';
import type { Look } from '../text/spans.ts';
import { endingLines } from './ending.ts';
import type { LineSink } from './json.ts';
import type { Reporter } from './reporter.ts';
import { ToldErrors } from './reporter.ts';
import type { Tally } from './tally.ts';

/** How often the view is looked at for changes, and the ticks after which progress is told: at 1 s, then every 5 s. */
const TICK_MS = 1000;
const TICKS_PER_PROGRESS = 5;

/** For logs and pipes: a line when something changes and one every five seconds. `quiet`: errors and the invite alone. */
export class PlainReporter implements Reporter {
  readonly #stderr: LineSink;
  readonly #look: Look;
  readonly #quiet: boolean;
  readonly #toldErrors = new ToldErrors();
  readonly #pace = new Pace();
  /** What the last look found, by download. */
  #seen: ReadonlyMap<string, DownloadView['phase']> = new Map();
  /** What was told of those, as id and phase. */
  readonly #told = new Set<string>();
  #task: Pick<Task, 'view'> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #paused = false;
  #rests = false;

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
    this.#pace.note(view, performance.now());
    this.#changes(view);
    const rest = restText(view, Date.now());
    if (rest === undefined) this.#progress(view);
    // The time to go changes all the time: it is told once.
    else if (!this.#rests) this.#print(noticeLines(rest, this.#look));
    this.#rests = rest !== undefined;
  }

  event(event: TaskEvent): void {
    if (event.type === 'error') {
      if (!this.#toldErrors.isNew(event.error, event.id)) return;
      this.#print(eventLines(event, this.#task?.view(), this.#look));
    } else if (event.type === 'invite') {
      this.#print(this.#quiet ? [event.link] : inviteLines(event.link, this.#look));
    } else if (!this.#quiet) this.#print(eventLines(event, this.#task?.view(), this.#look));
  }

  notice(message: string): void {
    if (!this.#quiet) this.#print(noticeLines(message, this.#look));
  }

  error(error: DragonloadError): void {
    if (this.#toldErrors.isNew(error)) this.#print(errorLines(error, this.#look));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  close(tally: Tally): void {
    clearInterval(this.#timer);
    if (!this.#quiet) this.#print(endingLines(tally, this.#look));
  }

  #progress(view: View): void {
    if (this.#ticks++ % TICKS_PER_PROGRESS !== 0) return;
    const download = current(view);
    if (isQueue(view) && view.room === undefined) {
      // Many small files are over before there is anything to say of them but that they are done.
      if (this.#ticks > 1) this.#print(noticeLines(queueLine(queueState(view, this.#pace)), this.#look));
    } else if (download?.phase === 'downloading') this.#print(progressLines(view, download, this.#look));
  }

  #changes(view: View): void {
    const before = this.#seen;
    this.#seen = new Map(view.downloads.map(({ id, phase }) => [id, phase]));
    const several = view.room === undefined && isQueue(view);
    for (const download of view.downloads) {
      const { id, phase } = download;
      const key = `${id} ${phase}`;
      // Of several only those are told of that are still at it a second later.
      if (this.#told.has(key) || (several && before.get(id) !== phase)) continue;
      const text = changeText(download);
      if (text === undefined) continue;
      this.#told.add(key);
      this.#print(noticeLines(text, this.#look));
    }
    for (const key of this.#told)
      if (!this.#seen.has(key.slice(0, key.lastIndexOf(' ')))) this.#told.delete(key);
  }

  #print(lines: readonly string[]): void {
    if (lines.length > 0) this.#stderr.write(lines.map((line) => `${line}\n`).join(''));
  }
}

function changeText({ phase, fileName, sizeBytes }: DownloadView): string | undefined {
  const size = sizeBytes === undefined ? 'size unknown' : formatBytes(sizeBytes);
  if (phase === 'downloading') return `Fetching ${fileName} (${size})`;
  return phase === 'checking' ? `Checking ${fileName}` : undefined;
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
