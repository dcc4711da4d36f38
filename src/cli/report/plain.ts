import { Pace } from '../../app/pace.ts';
import { currentDownload, isSeveral, queueSummary } from '../../app/queue-summary.ts';
import type { DownloadState, EngineState } from '../../app/state.ts';
import type { StateSource } from '../../app/state-tracker.ts';
import type { Tally } from '../../app/tally.ts';
import type { DragonloadError } from '../../core/errors.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { inviteLines } from '../screen/invite-card.ts';
import { queueLine, restText } from '../screen/queue-text.ts';
import { errorLines, eventLines, noticeLines } from '../text/event-lines.ts';
import { formatBytes, formatDuration, formatRate, percentOf } from '../text/format.ts';
import type { Look } from '../text/spans.ts';
import { endingLines } from './ending.ts';
import type { LineSink } from './json.ts';
import type { Reporter } from './reporter.ts';
import { ToldErrors } from './reporter.ts';

/** How often the state is looked at for changes, and the ticks after which progress is told: at 1 s, then every 5 s. */
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
  #seen: ReadonlyMap<number, DownloadState['status']> = new Map();
  /** What was told of those, as number and status. */
  readonly #told = new Set<string>();
  #source: StateSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #paused = false;
  #rests = false;

  constructor(stderr: LineSink, look: Look, options: { quiet?: boolean } = {}) {
    this.#stderr = stderr;
    this.#look = look;
    this.#quiet = options.quiet ?? false;
  }

  watch(source: StateSource): void {
    this.#source = source;
    if (!this.#quiet) this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Tells what changed since the last call, and progress at the first call and every fifth after. */
  tick(): void {
    if (this.#paused || this.#source === undefined) return;
    const { state } = this.#source;
    this.#pace.note(state, performance.now());
    this.#changes(state);
    const rest = restText(state, Date.now());
    if (rest === undefined) this.#progress(state);
    // The time to go changes all the time: it is told once.
    else if (!this.#rests) this.#print(noticeLines(rest, this.#look));
    this.#rests = rest !== undefined;
  }

  event(event: TaskEvent): void {
    if (event.type === 'error') {
      if (!this.#toldErrors.isNew(event.error, event.id)) return;
      this.#print(eventLines(event, this.#look, this.#isSeveral));
    } else if (event.type === 'invite') {
      this.#print(this.#quiet ? [event.link] : inviteLines(event.link, this.#look));
    } else if (!this.#quiet) this.#print(eventLines(event, this.#look, this.#isSeveral));
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

  get #isSeveral(): boolean {
    return (this.#source?.downloadCount ?? 0) > 1;
  }

  #progress(state: EngineState): void {
    if (this.#ticks++ % TICKS_PER_PROGRESS !== 0) return;
    const download = currentDownload(state);
    if (isSeveral(state) && state.rooms.length === 0) {
      // Many small files are over before there is anything to say of them but that they are done.
      if (this.#ticks > 1) this.#print(noticeLines(queueLine(queueSummary(state, this.#pace)), this.#look));
    } else if (download?.status === 'running') this.#print(progressLines(state, download, this.#look));
  }

  #changes(state: EngineState): void {
    const before = this.#seen;
    this.#seen = new Map(state.downloads.map(({ id, status }) => [id, status]));
    const several = state.rooms.length === 0 && isSeveral(state);
    for (const download of state.downloads) {
      const { id, status } = download;
      const key = `${id} ${status}`;
      // Of several only those are told of that are still at it a second later.
      if (this.#told.has(key) || (several && before.get(id) !== status)) continue;
      const text = changeText(download);
      if (text === undefined) continue;
      this.#told.add(key);
      this.#print(noticeLines(text, this.#look));
    }
    for (const key of this.#told) if (!this.#seen.has(Number.parseInt(key, 10))) this.#told.delete(key);
  }

  #print(lines: readonly string[]): void {
    if (lines.length > 0) this.#stderr.write(lines.map((line) => `${line}\n`).join(''));
  }
}

function changeText({ status, fileName, sizeBytes }: DownloadState): string | undefined {
  const size = sizeBytes === undefined ? 'size unknown' : formatBytes(sizeBytes);
  if (status === 'running') return `Fetching ${fileName} (${size})`;
  return status === 'checking' ? `Checking ${fileName}` : undefined;
}

/** Progress in one line, for logs. */
function progressLines({ rooms }: EngineState, download: DownloadState, look: Look): string[] {
  const { heldBytes, sizeBytes, originRate, lanRate, leftMs } = download;
  const amount =
    sizeBytes === undefined
      ? formatBytes(heldBytes)
      : `${percentOf(heldBytes, sizeBytes)}% of ${formatBytes(sizeBytes)}`;
  const parts = [`${download.fileName}: ${amount}`, formatRate(originRate + lanRate)];
  const members = rooms[0]?.members ?? [];
  if (members.length > 1) {
    const connected = members.filter(({ isConnected }) => isConnected).length;
    parts.push(`origin ${formatRate(originRate)}, LAN ${formatRate(lanRate)}`, `${connected} members`);
  }
  if (leftMs !== undefined) parts.push(`${formatDuration(leftMs)} left`);
  return noticeLines(parts.join(', '), look);
}
