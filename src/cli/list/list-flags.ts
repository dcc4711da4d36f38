import type { Parsed } from '../flags/settings.ts';

/** The flags of these commands, by their long names. */
export interface ListFlags extends Parsed {
  readonly all?: boolean;
  readonly count?: number;
  readonly failed?: boolean;
  readonly finished?: boolean;
  readonly ids?: boolean;
  readonly keep?: boolean;
}
