import type { AddDownload, Command } from '../../core/contract.ts';
import type { Geometry } from '../../core/geometry.ts';
import type { MemberId } from '../../core/ids.ts';
import type { Offer } from '../../core/messages.ts';
import type { Trust } from '../../core/result.ts';
import type { FinishedPart } from '../../disk/files/part-options.ts';

/** One download of a member, whether it is fetched or shared from a file that is here already. */
export interface MemberDownload extends AsyncDisposable {
  readonly offer: Offer;
  readonly geometry: Geometry;
  /** Where the finished file is, or will be unless the name is taken by then. */
  readonly targetPath: string;
  /** By the process's clock. */
  readonly startedMs: number;
  /** Bytes that an interrupted run had left. */
  readonly resumedBytes: number;
  /** What the core is to be told of it first. */
  announcement(): Omit<AddDownload, 'type'>;
  /** Carries out a command of the core. Returns false for commands that are not a download's business. */
  execute(command: Command): boolean;
  /** The user of this member, or the origin itself, names further addresses. */
  addSources(urls: readonly string[]): void;
  networkChanged(): void;
  /**
   * Checks the whole file and gives it its name; undefined when it has not come to that: then the core has been told which
   * pieces are wrong, or that the download has failed.
   */
  finish(): Promise<FinishedFile | undefined>;
  /** How far the finished file can be trusted. `signers`: who signed its pieces in this run. */
  trust(signers: Iterable<MemberId>, me: MemberId): Trust;
  /** Fills all of `target` with the bytes from `offset` on, for another member. Throws when they cannot be had. */
  read(target: Uint8Array, offset: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A file that is whole and has its name. */
export type FinishedFile = Pick<FinishedPart, 'path' | 'sha256'>;
