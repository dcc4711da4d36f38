import type { Writable } from 'node:stream';

/** The part of a terminal stream that the command line uses; `process.stderr` fits. */
export interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  getWindowSize?(): readonly [columns: number, rows: number];
}

/** What the place where people look is able to show. */
export interface TerminalTraits {
  /** The cursor can be moved: lines may be redrawn in place. */
  readonly live: boolean;
  readonly color: boolean;
  /** Block characters and all scripts; otherwise ASCII alone. */
  readonly unicode: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Finds out what a stream can show, from the stream and the environment. */
export function terminalTraits(
  stream: TerminalStream,
  env: Environment,
  platform: string = process.platform,
): TerminalTraits {
  const dumb = env.TERM === 'dumb';
  const live = stream.isTTY === true && !dumb;
  return { live, color: wantsColor(live, env), unicode: knowsUnicode(env, platform) };
}

/** FORCE_COLOR decides first, as it does in Node; then NO_COLOR (https://no-color.org); then the stream. */
function wantsColor(live: boolean, env: Environment): boolean {
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return live;
}

/** The first of these variables that is set rules the character set (POSIX.1-2017, 8.2). */
function knowsUnicode(env: Environment, platform: string): boolean {
  // The Linux console has 512 glyphs; blocks and most scripts are not among them.
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  if (platform === 'win32') return Boolean(env.WT_SESSION || env.TERM_PROGRAM || env.ConEmuTask);
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}

/** Columns and rows of a stream as they are at this moment, with the customary 80 by 24 where it has none. */
export function terminalSize(stream: TerminalStream): { readonly columns: number; readonly rows: number } {
  try {
    // Asks the system: `columns` lags behind until the signal of the change was handled.
    const [columns, rows] = stream.getWindowSize?.() ?? [stream.columns, stream.rows];
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    // The terminal has gone away.
    return { columns: 80, rows: 24 };
  }
}
