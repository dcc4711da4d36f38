import { Pace } from '../../app/pace.ts';
import type { StateSource } from '../../app/state-tracker.ts';
import type { Tally } from '../../app/tally.ts';
import type { DragonloadError } from '../../core/errors.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { renderFrame } from '../screen/frame.ts';
import { inviteCode, inviteLines } from '../screen/invite-card.ts';
import { Screen, SHOW_CURSOR } from '../screen/screen.ts';
import { errorLines, eventLines, noticeLines, type TextLook } from '../text/event-lines.ts';
import type { Look } from '../text/spans.ts';
import type { TerminalStream } from '../text/terminal.ts';
import { terminalSize } from '../text/terminal.ts';
import { endingLines } from './ending.ts';
import type { Reporter } from './reporter.ts';
import { ToldErrors } from './reporter.ts';

/** Eight pictures a second: smooth enough, and too few to notice in the CPU time. */
const FRAME_MS = 125;
/** A download that is over sooner shows its last line alone. */
const FIRST_FRAME_MS = 250;

/** For people at a terminal: events scroll by above a block of lines that is redrawn in place. */
export class LiveDisplay implements Reporter {
  readonly #stream: TerminalStream;
  readonly #look: Look;
  readonly #screen: Screen;
  readonly #told = new ToldErrors();
  readonly #pace = new Pace();
  readonly #onResize = (): void => this.tick();
  #source: StateSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Lines that wait for the next picture. */
  readonly #later: string[] = [];
  #paused = false;
  #suspended = false;

  constructor(stream: TerminalStream, look: Look) {
    this.#stream = stream;
    this.#look = look;
    this.#screen = new Screen(stream);
  }

  watch(source: StateSource): void {
    this.#source = source;
    this.#timer = setTimeout(() => {
      this.tick();
      this.#timer = setInterval(() => this.tick(), FRAME_MS);
      this.#stream.on('resize', this.#onResize);
    }, FIRST_FRAME_MS);
    process.on('SIGTSTP', this.#onSuspend);
    process.on('SIGCONT', this.#onContinue);
    process.on('exit', this.#onExit);
  }

  /** Draws the state as it is now. The timer calls it. */
  tick(): void {
    if (this.#paused || this.#source === undefined) return;
    this.#print([]);
    const { state } = this.#source;
    this.#pace.note(state, performance.now());
    const place = { ...this.#look, ...terminalSize(this.#stream), wallMs: Date.now(), pace: this.#pace };
    this.#screen.draw(renderFrame(state, place));
  }

  event(event: TaskEvent): void {
    if (event.type === 'error' && !this.#told.isNew(event.error, event.id)) return;
    if (event.type === 'invite') {
      const code = inviteCode(event.link, { ...this.#look, ...terminalSize(this.#stream) });
      this.#print([...code, ...inviteLines(event.link, this.#look)]);
    } else {
      const isOneOfMany = (this.#source?.downloadCount ?? 0) > 1;
      const lines = eventLines(event, this.#textLook(), isOneOfMany);
      // Many small files may be done between two pictures: they are told together, in one write.
      if (event.type === 'done' && isOneOfMany) this.#later.push(...lines);
      else this.#print(lines);
    }
  }

  notice(message: string): void {
    this.#print(noticeLines(message, this.#textLook()));
  }

  error(error: DragonloadError): void {
    if (this.#told.isNew(error)) this.#print(errorLines(error, this.#textLook()));
  }

  pause(): void {
    this.#print([]);
    this.#paused = true;
    this.#screen.clear();
  }

  resume(): void {
    this.#paused = false;
  }

  close(tally: Tally): void {
    clearTimeout(this.#timer);
    this.#stream.off('resize', this.#onResize);
    process.off('SIGTSTP', this.#onSuspend);
    process.off('SIGCONT', this.#onContinue);
    process.off('exit', this.#onExit);
    this.#paused = true;
    this.#screen.clear();
    this.#print(endingLines(tally, this.#textLook()));
  }

  #print(lines: readonly string[]): void {
    const all = [...this.#later.splice(0), ...lines];
    if (all.length > 0) this.#screen.print(all);
  }

  #textLook(): TextLook {
    return { ...this.#look, columns: terminalSize(this.#stream).columns - 1 };
  }

  /** Ctrl-Z: the shell gets its cursor back; then this process stops as it would have without a listener. */
  readonly #onSuspend = (): void => {
    this.#suspended = true;
    this.#screen.clear();
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #onContinue = (): void => {
    // Stopped without notice: what the shell wrote since then stays, and the block starts anew under it.
    if (!this.#suspended) this.#screen.forget();
    this.#suspended = false;
    this.tick();
  };

  /** However the process ends, the cursor is visible after it. */
  readonly #onExit = (): void => {
    if (this.#screen.cursorHidden) this.#stream.write(SHOW_CURSOR);
  };
}
