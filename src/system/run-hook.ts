import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { findProgram } from './find-program.ts';
import { oneLine } from './one-line.ts';
import { OWN_GROUP, signalGroup } from './process-group.ts';

/** A hook that is told to end is killed after this time. */
const GRACE_MS = 2_000;
/** Operating systems limit the length of a variable: a longer address is left out. In UTF-16 units. */
const MAX_URL = 8_192;

/** What a hook gets to know about a finished file. */
export interface FinishedFile {
  readonly path: string;
  /** Its address; undefined where this member does not know it. */
  readonly url?: string | undefined;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256?: string | undefined;
  /** The trust word of the result. */
  readonly trust: string;
}

/** How a hook ended. Only `done` is success. */
export type HookOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** `why` is a sentence. */
  | { readonly kind: 'not-started'; readonly why: string }
  | { readonly kind: 'aborted' };

/** The environment of a hook: `env`, and what is known of the file. What is not known is empty. */
export function hookEnvironment(file: FinishedFile, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    DRAGONLOAD_PATH: resolve(file.path),
    DRAGONLOAD_URL: file.url === undefined ? '' : withoutSecrets(file.url),
    DRAGONLOAD_SIZE: String(file.sizeBytes),
    DRAGONLOAD_SHA256: file.sha256 ?? '',
    DRAGONLOAD_TRUST: file.trust,
  };
}

/** An address without user, password, query and fragment; empty when it is invalid or too long. */
function withoutSecrets(address: string): string {
  const url = URL.parse(address);
  if (url === null) return '';
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href.length > MAX_URL ? '' : url.href;
}

/**
 * Runs `program` for a finished file, with its absolute path as the one argument and `hookEnvironment`, in the current
 * directory, without a shell.
 *
 * The value is one program: a path, or a name on PATH. It is not split, so `notify-done --flag` is a program with a
 * space in its name; arguments belong into a script. On Windows it is an .exe or .com file; .cmd and .bat files are
 * refused, since their arguments cannot be quoted safely.
 *
 * Its output goes to the stderr of this process, its input is empty, and a Ctrl-C at the terminal does not reach it. It
 * has no time limit. `signal` ends it and the processes that it started: with SIGTERM at once, and after 2 s with
 * SIGKILL. Never rejects.
 */
export async function runHook(
  program: string,
  file: FinishedFile,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<HookOutcome> {
  const found = await findProgram(program, process.env);
  if (signal?.aborted) return { kind: 'aborted' };
  if (found.kind !== 'found') return { kind: 'not-started', why: whyNot(program, found.kind) };
  let child: ChildProcess;
  try {
    const env = hookEnvironment(file, process.env);
    // Both go to stderr: only Dragonload itself writes to its stdout.
    child = spawn(found.file, [resolve(file.path)], { ...OWN_GROUP, env, stdio: ['ignore', 2, 2] });
  } catch (thrown) {
    return cannot(program, thrown);
  }
  return await outcomeOf(child, program, signal);
}

function outcomeOf(
  child: ChildProcess,
  program: string,
  signal: AbortSignal | undefined,
): Promise<HookOutcome> {
  return new Promise((settle) => {
    let kill: NodeJS.Timeout | undefined;
    const abort = (): void => {
      signalGroup(child, 'SIGTERM');
      kill = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
    };
    const end = (outcome: HookOutcome): void => {
      clearTimeout(kill);
      signal?.removeEventListener('abort', abort);
      settle(signal?.aborted && outcome.kind !== 'done' ? { kind: 'aborted' } : outcome);
    };
    signal?.addEventListener('abort', abort, { once: true });
    child.on('error', (error) => end(cannot(program, error)));
    child.once('exit', (exitCode, killedBy) => {
      if (killedBy !== null) end({ kind: 'killed', signal: killedBy });
      else end(exitCode === 0 ? { kind: 'done' } : { kind: 'failed', exitCode: exitCode ?? 1 });
    });
  });
}

/** A sentence for the user about how a hook ended, without secrets; undefined after success. */
export function hookProblem(program: string, outcome: HookOutcome): string | undefined {
  switch (outcome.kind) {
    case 'done':
    case 'aborted':
      return undefined;
    case 'failed':
      return `${called(program)} failed with exit code ${outcome.exitCode}.`;
    case 'killed':
      return `${called(program)} was ended by ${outcome.signal}.`;
    case 'not-started':
      return outcome.why;
  }
}

/** Why a program that `findProgram` did not find cannot be a hook, in a sentence. */
export function whyNot(program: string, kind: 'batch' | 'missing'): string {
  if (kind === 'batch')
    return `${called(program)} is a batch file, which cannot be run safely. Give an .exe.`;
  const hint = /\s/.test(program) ? ' The whole value is one program: put arguments into a script.' : '';
  return `${called(program)} is neither a program on PATH nor a path to one that may be run.${hint}`;
}

function cannot(program: string, thrown: unknown): HookOutcome {
  const code = (thrown as NodeJS.ErrnoException).code ?? 'unknown error';
  return { kind: 'not-started', why: `${called(program)} cannot be started (${code}).` };
}

function called(program: string): string {
  return `The program "${oneLine(program, 120)}" for finished files`;
}
