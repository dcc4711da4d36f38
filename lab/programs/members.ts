import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Exit, Running, Workbench } from '../machine/workbench.ts';
import { HERE, type Place } from '../network/topology.ts';
import type { ServedFile } from './origin.ts';

/** The program under test: `DRAGONLOAD_BIN`, else what `npm run build` made. */
export const PROGRAM =
  process.env.DRAGONLOAD_BIN ?? fileURLToPath(new URL('../../dist/dragonload.js', import.meta.url));

/** A line of `--json`. Only the fields that the lab reads are named. */
export interface JsonEvent {
  readonly event: string;
  readonly link?: string;
  readonly path?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly code?: string;
  readonly message?: string;
  readonly originBytes?: number;
  readonly lanBytes?: number;
  readonly trust?: unknown;
}

export interface MemberOptions {
  readonly name: string;
  readonly place?: Place;
  readonly mode: 'get' | 'host' | 'join';
  /** A URL, or an invite. */
  readonly target: string;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Arguments of node itself. */
  readonly nodeArgs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A `dragonload` process with a home and a download folder of its own, and what it said. */
export class Member {
  readonly name: string;
  readonly running: Running;
  readonly events: JsonEvent[] = [];
  /** When the first `done` came, in `performance.now()`. */
  doneMs: number | undefined;
  #exit: Exit | undefined;
  #waiting = new Set<() => void>();
  readonly #bench: Workbench;

  private constructor(bench: Workbench, name: string, running: Running) {
    this.#bench = bench;
    this.name = name;
    this.running = running;
    createInterface({ input: running.child.stdout! }).on('line', (line) => this.#read(line));
    void running.exited.then((exit) => {
      this.#exit = exit;
      this.#wake();
    });
  }

  /** Starts it. A second start under the same name goes on in the same folders. */
  static start(bench: Workbench, options: MemberOptions): Member {
    const { name, mode, target, place = HERE, args = [], nodeArgs = [] } = options;
    const directory = bench.folder(name, 'files');
    const argv = [
      ...place.prefix,
      process.execPath,
      ...nodeArgs,
      PROGRAM,
      mode,
      target,
      '--json',
      '--allow-private',
      '--dir',
      directory,
    ];
    if (mode !== 'get') argv.push('--yes', '--name', name);
    const running = bench.start([...argv, ...args], {
      log: `${name}.log`,
      readStdout: true,
      directory,
      environment: { ...options.environment, DRAGONLOAD_HOME: bench.folder(name, 'home'), NO_COLOR: '1' },
    });
    return new Member(bench, name, running);
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** The most bytes that a `progress` line has claimed. */
  get heldBytes(): number {
    return this.events.reduce((most, event) => Math.max(most, event.bytes ?? 0), 0);
  }

  /** The first event of a kind. Throws when the process ends or the time runs out before. */
  async first(kind: string, timeoutMs: number): Promise<JsonEvent> {
    const find = (): JsonEvent | undefined => this.events.find((event) => event.event === kind);
    await this.#until(() => find() !== undefined || this.#exit !== undefined, timeoutMs, `'${kind}'`);
    const event = find();
    if (event === undefined) throw this.#failure(`ended with ${this.#exit} before '${kind}'`);
    return event;
  }

  /** Waits for the end of the process. */
  async ended(timeoutMs: number): Promise<Exit> {
    await this.#until(() => this.#exit !== undefined, timeoutMs, 'its end');
    return this.#exit!;
  }

  /** Throws unless the member said `done` and the file it named has the bytes of the origin's. */
  async verify(file: ServedFile): Promise<void> {
    const done = this.events.find((event) => event.event === 'done');
    if (done?.path === undefined) throw this.#failure('never said that it was done');
    const path = resolvePath(this.#bench.path(this.name, 'files'), done.path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
    if (hash.digest('hex') !== file.sha256) throw this.#failure(`HAS A WRONG FILE: ${done.path}`);
    if (done.sha256 !== undefined && done.sha256 !== file.sha256) throw this.#failure('told a wrong SHA-256');
  }

  #read(line: string): void {
    if (line.trim() === '') return;
    let event: JsonEvent;
    try {
      event = JSON.parse(line) as JsonEvent;
    } catch {
      event = { event: 'not-json', message: line };
    }
    this.events.push(event);
    if (event.event === 'done') this.doneMs ??= performance.now();
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #until(reached: () => boolean, timeoutMs: number, what: string): Promise<void> {
    if (reached()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(this.#failure(`waited ${Math.round(timeoutMs / 1000)} s for ${what}`)),
      timeoutMs,
    ).unref();
    const wake = (): void => {
      if (reached()) resolve();
    };
    this.#waiting.add(wake);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(wake);
    }
  }

  #failure(what: string): Error {
    const said = this.events.filter((event) => event.event !== 'progress').slice(-4);
    return new Error(
      `${this.name} ${what}\n  last events: ${said.map((event) => JSON.stringify(event)).join(' ') || 'none'}\n  log: ${this.#bench.tail(`${this.name}.log`)}`,
    );
  }
}
