import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/**
 * No wait lasts longer. What is waited for takes seconds, on a busy machine a minute, and the program itself waits for an answer
 * for at most 90 s: whoever has not come by then hangs.
 */
export const PATIENCE_MS = 300_000;
const POLL_MS = 10;
/** Of what a process says to people, this much is kept for the log of a failure. */
const LOG_CHARS = 4_000;

/** A line of `--json`: docs/cli.md. */
export interface JsonEvent {
  readonly event: string;
  readonly link?: string;
  readonly change?: string;
  readonly name?: string;
  readonly path?: string;
  readonly bytes?: number;
  readonly size?: number | null;
  readonly sha256?: string;
  readonly trust?: string;
  readonly verifiedBy?: string;
  readonly seconds?: number;
  readonly originBytes?: number;
  readonly lanBytes?: number;
  readonly code?: string;
  readonly message?: string;
  readonly next?: string;
  /** A number in the list of downloads, or who a member is. */
  readonly id?: number | string;
  readonly url?: string;
}

/** What a `done` event says, once it is known to be right. */
export interface Done {
  readonly path: string;
  readonly trust: string;
  /** Of a publisher-verified file: the digest, and whose word it is. */
  readonly verifiedBy: string | undefined;
  readonly originBytes: number;
  readonly lanBytes: number;
}

/** None outlives the process that started it. */
const running = new Set<ChildProcessByStdio<null, Readable, Readable>>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// The runner ends a file of tests like this when it is interrupted itself.
process.once('SIGTERM', () => process.exit(1));

/** A `dragonload` process (or one that speaks like it), what it said, and ways to wait for it. Every wait fails with its log. */
export class Member {
  readonly name: string;
  readonly directory: string;
  readonly events: JsonEvent[] = [];
  /** What it told people. */
  log = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<void>;
  #exit: number | NodeJS.Signals | undefined;

  constructor(
    name: string,
    directory: string,
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
  ) {
    this.name = name;
    this.directory = directory;
    this.#child = spawn(process.execPath, argv, {
      cwd: directory,
      env: { ...inherited(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.events.push(parse(line)));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log = (this.log + text).slice(-LOG_CHARS);
    });
    this.#ended = new Promise((done) => {
      this.#child.once('close', (code, signal) => {
        this.#exit = code ?? signal ?? undefined;
        running.delete(this.#child);
        done();
      });
    });
  }

  /** Whether the process has ended and all that it said has been read. */
  get hasEnded(): boolean {
    return this.#exit !== undefined;
  }

  /** The exit code, or the signal that it died of; undefined while it runs. */
  get code(): number | NodeJS.Signals | undefined {
    return this.#exit;
  }

  /** The first event of a kind, by now or to come, that is as described. */
  async event(kind: string, like: Partial<JsonEvent> = {}): Promise<JsonEvent> {
    const find = () => this.events.find((event) => event.event === kind && isLike(event, like));
    await this.until(
      () => find() !== undefined || this.#exit !== undefined,
      `the event ${JSON.stringify({ event: kind, ...like })}`,
    );
    return (
      find() ??
      assert.fail(this.describe(`ended without the event ${JSON.stringify({ event: kind, ...like })}`))
    );
  }

  /** The link for the others. */
  async invite(): Promise<string> {
    const { link } = await this.event('invite');
    return link ?? assert.fail(this.describe('gave an invite without a link'));
  }

  /** How the process ended: its exit code, or the signal that it died of. */
  async exit(): Promise<number | NodeJS.Signals> {
    await this.until(() => this.#exit !== undefined, 'its end');
    return this.#exit!;
  }

  /** Waits for the end with exit code 0 and a file that has this SHA-256; returns its `done`. */
  async finishes(sha256: string): Promise<Done> {
    assert.equal(await this.exit(), 0, this.describe('did not end well'));
    return this.has(sha256);
  }

  /** As `finishes`, of a process that may go on. */
  async has(sha256: string): Promise<Done> {
    const { event: _, ...done } = await this.event('done');
    const { path, trust, verifiedBy, originBytes, lanBytes } = done as Done;
    assert.equal(done.sha256, sha256, this.describe('told another SHA-256'));
    assert.equal(await sha256Of(path), sha256, this.describe('has a wrong file'));
    return { path, trust, verifiedBy, originBytes, lanBytes };
  }

  /** Waits for the end with exit code 1 (or the one given) and an error of this kind, which must have a next step. */
  async fails(code: string, exitCode = 1): Promise<JsonEvent> {
    assert.equal(await this.exit(), exitCode, this.describe('did not fail as it should'));
    const error = this.events.findLast((event) => event.event === 'error' && event.code === code);
    assert.ok(error, this.describe(`did not tell of the error ${code}`));
    assert.match(error.message ?? '', /^[^\n]+[.]$/, 'the message is a sentence');
    // A command to type may end it: a full stop would be copied along.
    assert.match(
      error.next ?? '',
      /^[^\n]+[.]$|run: dragonload [^\n]+$|https:[^\n]+$/i,
      'the next step is a sentence',
    );
    assert.ok(
      this.log.includes(error.next!.slice(0, 20)),
      this.describe('did not tell people the next step'),
    );
    return error;
  }

  get pid(): number {
    return this.#child.pid ?? assert.fail(this.describe('was not started'));
  }

  /** Asks the process to end, as Ctrl-C and kill do. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the process at once, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Waits for a condition. */
  async until(reached: () => boolean, what: string): Promise<void> {
    await until(reached, () => this.describe(`was waited for in vain: ${what}`));
  }

  /** A sentence about this member, with its log. */
  describe(what: string): string {
    const said = this.events
      .filter((event) => event.event !== 'progress')
      .map((event) => JSON.stringify(event));
    const progress = this.events.findLast((event) => event.event === 'progress');
    const lines = [...said.slice(-20), JSON.stringify(progress ?? {}), this.log];
    return `${this.name} ${what}\nexit: ${this.#exit ?? 'none yet'}\n${lines.join('\n')}`;
  }
}

/** Waits for a condition; fails with `why` when it does not come about in time. */
export async function until(reached: () => boolean, why: () => string): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!reached()) {
    if (performance.now() > deadlineMs) assert.fail(why());
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

/** SHA-256 of a file in lower-case hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The environment without what would make the program speak or save otherwise. */
export function inherited(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('DRAGONLOAD_') && name !== 'FORCE_COLOR' && name !== 'NODE_TEST_CONTEXT',
  );
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}

function parse(line: string): JsonEvent {
  try {
    return JSON.parse(line) as JsonEvent;
  } catch {
    return { event: 'not-json', message: line };
  }
}

function isLike(event: JsonEvent, like: Partial<JsonEvent>): boolean {
  return Object.entries(like).every(([key, value]) => event[key as keyof JsonEvent] === value);
}
