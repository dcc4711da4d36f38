import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { inherited, type JsonEvent, type Member, PATIENCE_MS } from './members.ts';
import { Stage } from './stage.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/dragonload.js');
const USER = 'ada';

/** A line of `ls --json` and `history --json`: docs/cli.md. */
export interface ListedDownload {
  readonly id: number;
  readonly state: string;
  readonly name: string | null;
  readonly path: string | null;
  readonly priority: number;
  readonly size: number | null;
  readonly bytes: number;
  readonly error: { readonly code: string; readonly message: string; readonly next?: string } | null;
}

/** What came of a command that ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Variables = Readonly<Record<string, string>>;

/** One user, whose processes share a directory and a list of downloads. At the end of the test all of it goes. */
export class QueueStage {
  readonly stage: Stage;
  readonly directory: string;
  readonly home: string;

  constructor(t: TestContext) {
    this.stage = new Stage(t);
    this.directory = this.stage.directory(USER);
    this.home = this.stage.home(USER);
  }

  /** `get` with `--json` into the directory; each download has one connection unless an argument says otherwise. */
  get(argv: readonly string[], environment: Variables = {}): Member {
    const connections = argv.includes('--connections') ? [] : ['--connections', '1'];
    return this.run(['get', ...argv, '--dir', this.directory, ...connections, '--json'], environment);
  }

  /** Any command line. */
  run(argv: readonly string[], environment: Variables = {}): Member {
    return this.stage.run(USER, argv, environment);
  }

  /** Runs a command to its end. */
  async command(
    argv: readonly string[],
    { input = '', environment = {} }: { readonly input?: string; readonly environment?: Variables } = {},
  ): Promise<Ended> {
    const child = spawn(process.execPath, [PROGRAM, ...argv], {
      cwd: this.directory,
      env: { ...inherited(), DRAGONLOAD_HOME: this.home, ...environment },
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    const ended = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ended.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ended.err += text;
    });
    child.stdin.on('error', () => {}).end(input);
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return { code, ...ended };
  }

  /** As `command`, which has to end well. */
  async does(...argv: readonly string[]): Promise<string> {
    const { code, out, err } = await this.command(argv);
    assert.equal(code, 0, `dragonload ${argv.join(' ')} ended with ${code}\n${out}${err}`);
    return out + err;
  }

  /** What is not finished, as another process of the user sees it. */
  listed(): Promise<readonly ListedDownload[]> {
    return this.#lines(['ls', '--json']);
  }

  /** What is finished, the newest first. */
  history(): Promise<readonly ListedDownload[]> {
    return this.#lines(['history', '--count', '10000', '--json']);
  }

  /** Waits until the list says so. */
  async untilListed(id: number, isSo: (row: ListedDownload) => boolean, by: Member): Promise<ListedDownload> {
    for (;;) {
      const row = (await this.listed()).find((one) => one.id === id);
      if (row !== undefined && isSo(row)) return row;
      assert.ok(!by.hasEnded, by.describe(`ended while the list says ${JSON.stringify(row)} of ${id}`));
    }
  }

  /** Waits until the list has it no more. */
  async untilGone(id: number, by: Member): Promise<void> {
    while ((await this.listed()).some((row) => row.id === id))
      assert.ok(!by.hasEnded, by.describe(`ended while ${id} is still in the list`));
  }

  /** Makes a file beside the directory of downloads. */
  write(name: string, text: string, mode = 0o644): string {
    const path = join(this.stage.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  }

  async #lines(argv: readonly string[]): Promise<readonly ListedDownload[]> {
    const { code, out, err } = await this.command(argv);
    assert.equal(code, 0, err);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ListedDownload);
  }
}

/** The errors that a process told, as `id code`. */
export function errorsOf(member: Member): readonly JsonEvent[] {
  return member.events.filter(({ event }) => event === 'error');
}

/** Paths of the files that a process has finished. */
export function finishedBy(member: Member): readonly string[] {
  return member.events.filter(({ event }) => event === 'done').map(({ path }) => path ?? '');
}
