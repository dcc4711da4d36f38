import type { FileIdentity } from '../../core/messages.ts';
import type { Origin } from '../origin.ts';
import type { SourceState } from './source-choice.ts';

/** An address of a file, and how its transfers went. */
export interface Source extends SourceState {
  readonly url: string;
  standing: SourceState['standing'];
  running: number;
  rate: number | undefined;
  restUntilMs: number;
  ranges: boolean;
  failures: number;
  /** When it failed last. */
  failedMs: number;
  origin: Origin | undefined;
  /** The file as this origin describes it. */
  identity: FileIdentity | undefined;
  /**
   * The bytes that were compared, where they are the only proof; undefined for the first address, and for one that
   * stated the same digest or is the same place.
   */
  sampledBytes: number | undefined;
}

/** A source that was not probed yet. */
export function newSource(url: string, { trusted, batch }: { trusted: boolean; batch: number }): Source {
  return {
    url,
    trusted,
    batch,
    standing: 'new',
    running: 0,
    rate: undefined,
    restUntilMs: 0,
    ranges: true,
    failures: 0,
    failedMs: 0,
    origin: undefined,
    identity: undefined,
    sampledBytes: undefined,
  };
}

/** Lets an address that was given up be tried again. */
export function revive(source: Source): void {
  if (source.standing === 'lost') source.standing = 'proven';
  if (source.standing === 'out') source.standing = 'new';
  source.failures = 0;
  source.restUntilMs = 0;
}

/** Whether it no longer serves the file, or never did. */
export function isOver({ standing }: Source): boolean {
  return standing === 'lost' || standing === 'out';
}
