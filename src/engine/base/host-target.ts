import type { Job, StatedDigest } from '../../lists/job.ts';

/** A file of this machine that is to be shared as it is. */
export interface LocalFile {
  /** Relative to the working directory, or absolute. */
  readonly path: string;
  /** Digests that it must have: then more than this member's word speaks for it. */
  readonly checksums?: readonly StatedDigest[] | undefined;
}

/** What a room is opened for: a URL, a job that says more of one, or a file that is here already. */
export type HostTarget = string | Job | LocalFile;

export function isLocalFile(target: HostTarget): target is LocalFile {
  return typeof target !== 'string' && 'path' in target;
}
