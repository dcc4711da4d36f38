import type { ErrorCode } from '../../src/core/errors.ts';
import type {
  ConnectionCap,
  OriginFaults,
  OriginFile,
  OriginServerOptions,
} from '../../src/testing/origin-server/origin-server.ts';

/**
 * How a download meets a fault. `fresh`: alone, from nothing. `resume`: alone; an honest origin until a third is there, then
 * SIGKILL, and the fault from then on. `room`: a host and two joiners, all hit. `one`: a host and a joiner, one of them
 * hit: the host, once the joiner is there, when the fault begins later; else the joiner.
 */
export const COLUMNS = ['fresh', 'resume', 'room', 'one'] as const;
export type Column = (typeof COLUMNS)[number];

/**
 * `done`: the right file. `new`: the file as the origin has it now, whole. Else an error with one of these codes: several where
 * each says it truly, and `done` among them where it is a matter of chance. `waits`: all of the room wait for a fresh link, and say so; with one, the right file.
 */
export type Outcome = 'done' | 'new' | 'waits' | readonly (ErrorCode | 'done')[];

/** Bytes that may be fetched in vain beyond what every cell may, and why. */
export interface Extra {
  /** Times the size of the file. */
  readonly files?: number;
  readonly bytes?: number;
  readonly why: string;
}

/** A fault and what is expected of a download that meets it. */
export interface Row {
  readonly name: string;
  readonly faults?: OriginFaults | readonly OriginFaults[];
  readonly file?: Omit<OriginFile, 'content' | 'faults'>;
  readonly server?: Pick<OriginServerOptions, 'hostName'> & { readonly connectionCap?: ConnectionCap };
  /** The file is at another origin, and the one that is asked redirects there. */
  readonly elsewhere?: Pick<OriginServerOptions, 'host' | 'tls'>;
  /** The user names a second address, where nothing is wrong. */
  readonly mirror?: boolean;
  /** To the origin at once, of each member. Default 2 alone, 1 in a room. */
  readonly connections?: number;
  /** The user knows the digest of the file: without it nobody could tell. */
  readonly checksum?: boolean;
  readonly expected:
    | Outcome
    | Readonly<Partial<Record<Column, Outcome>> & { other: Outcome; host?: Outcome }>;
  readonly extra?: Extra | Readonly<Partial<Record<Column, Extra>>>;
}

/** What is expected of all; of the host alone something else, perhaps, where one side is hit (`host`). */
export function outcomeIn({ expected }: Row, column: Column, isHost: boolean): Outcome {
  if (typeof expected === 'string' || Array.isArray(expected)) return expected as Outcome;
  const by = expected as Exclude<Row['expected'], Outcome>;
  return (column === 'one' && isHost ? by.host : undefined) ?? by[column] ?? by.other;
}

export function extraIn({ extra }: Row, column: Column): Extra | undefined {
  if (extra === undefined || 'why' in extra) return extra as Extra | undefined;
  return extra[column];
}

/** The faults of a row as they hit only one side of a room. `header`: what only the host sends. */
export function onOneSide(row: Row, header: string): readonly OriginFaults[] {
  const only = isLater(row) ? { with: header } : { without: header };
  return ([row.faults ?? []].flat() as OriginFaults[]).map((one) => ({ ...one, only }));
}

/** Whether whoever looks at the file sees nothing wrong yet. */
export function isLater({ faults = [], elsewhere }: Row): boolean {
  const all = [faults].flat() as OriginFaults[];
  return all.length > 0 && elsewhere === undefined && all.every(({ after = 0 }) => after > 0);
}

/** Whether the file comes only from its first byte on, from the beginning. */
export function isStream({ faults = [] }: Row): boolean {
  const all = [faults].flat() as OriginFaults[];
  return all.some(
    ({ after = 0, ignoreRange, gzip }) => after === 0 && (ignoreRange === true || gzip === true),
  );
}
