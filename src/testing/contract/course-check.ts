import type { Command, Event } from '../../core/contract.ts';
import { Geometry } from '../../core/geometry.ts';
import type { Break, ContractCheck } from './check.ts';

type Phase = 'open' | 'finishing' | 'finished' | 'done' | 'failed';

interface Course {
  phase: Phase;
  geometry: Geometry;
}

/** What a core that has left may still say: it ends what runs, and keeps and finishes what has arrived in full. */
const AFTER_LEAVING: ReadonlySet<Command['type']> = new Set([
  'stop-fetch',
  'stop-pull',
  'hash',
  'sign',
  'keep',
  'unkeep',
  'drop',
  'done',
  'refuse-serve',
]);
/** What a download that has failed must not ask for. */
const NOT_AFTER_FAILING: ReadonlySet<Command['type']> = new Set([
  'fetch',
  'pull',
  'finish',
  'done',
  'failed',
]);

/** A download is added, finished when all of it is kept, and then done or failed, once; nothing new begins after leaving. */
export class CourseCheck implements ContractCheck {
  readonly #break: Break;
  readonly #keptOf: (download: string) => ReadonlySet<number>;
  readonly #courses = new Map<string, Course>();
  readonly #peers = new Set<string>();
  #neededMs: number | undefined;
  #hasLeft = false;

  constructor(onBreak: Break, keptOf: (download: string) => ReadonlySet<number>) {
    this.#break = onBreak;
    this.#keptOf = keptOf;
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  event(event: Event): void {
    switch (event.type) {
      case 'leave':
        this.#hasLeft = true;
        return;
      case 'peer-up':
        this.#peers.add(event.peer);
        return;
      case 'peer-down':
        if (!this.#peers.delete(event.peer)) this.#break(`${event.peer} is gone and was not there`);
        return;
      case 'message':
        if (!this.#peers.has(event.from)) this.#break(`a message of ${event.from}, which is not there`);
        return;
      case 'add-download': {
        const { download, identity, pieceBytes } = event.offer;
        const geometry = new Geometry(identity.sizeBytes, pieceBytes);
        if (!this.#courses.has(download)) this.#courses.set(download, { phase: 'open', geometry });
        return;
      }
      case 'finished':
      case 'suspect': {
        const course = this.#courses.get(event.download);
        // A disk that fails meanwhile is the end, whatever comes of the check.
        if (course?.phase !== 'finishing' && course?.phase !== 'failed')
          this.#break(`${event.type} comes without having been asked for`);
        if (course.phase === 'finishing') course.phase = event.type === 'finished' ? 'finished' : 'open';
        return;
      }
      case 'failed': {
        const course = this.#courses.get(event.download);
        if (course?.phase === 'finishing') course.phase = 'open';
        return;
      }
    }
  }

  command(command: Command): void {
    if (this.#hasLeft) this.#afterLeaving(command);
    if (command.type === 'send' && !this.#peers.has(command.to))
      this.#break(`${command.message.type} to ${command.to}, which is not there`);
    if (command.type === 'needed') this.#need(command.progressMs);
    if (command.type === 'not-needed') this.#need(undefined);
    const course = 'download' in command ? this.#courses.get(command.download) : undefined;
    if (!course) return;
    if (course.phase === 'failed' && NOT_AFTER_FAILING.has(command.type))
      this.#break(`${command.type} of a download that has failed`);
    switch (command.type) {
      case 'set-size':
        course.geometry = new Geometry(command.sizeBytes, course.geometry.pieceBytes);
        return;
      case 'finish':
        if (course.phase !== 'open') this.#break(`finish of a download that is ${course.phase}`);
        if (this.#keptOf(command.download).size !== course.geometry.pieceCount)
          this.#break('finish before every piece is kept');
        course.phase = 'finishing';
        return;
      case 'done':
        if (course.phase !== 'finished') this.#break(`done with a download that is ${course.phase}`);
        course.phase = 'done';
        return;
      case 'failed':
        course.phase = 'failed';
        return;
      case 'recovered':
        if (course.phase !== 'failed') this.#break('a download recovers that has not failed');
        course.phase = 'open';
        return;
    }
  }

  #afterLeaving(command: Command): void {
    if (AFTER_LEAVING.has(command.type)) return;
    if (command.type === 'send' && command.message.type === 'bye') return;
    this.#break(`${command.type} after leaving`);
  }

  #need(progressMs: number | undefined): void {
    if (progressMs === this.#neededMs) this.#break('the same need is told twice');
    this.#neededMs = progressMs;
  }
}
