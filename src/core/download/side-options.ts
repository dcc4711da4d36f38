import type { Command } from '../contract.ts';
import type { DownloadId } from '../ids.ts';
import type { Ledger } from '../ledger.ts';

/** What both sides of a download, the origin's and the LAN's, work with. */
export interface SideOptions {
  readonly download: DownloadId;
  readonly ledger: Ledger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A number for a stream or a pull that no other of this download has. */
  readonly nextWriter: () => number;
  readonly emit: (command: Command) => void;
}
