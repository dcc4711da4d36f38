import type { DownloadId } from './ids.ts';

/**
 * What can honestly be said of a finished file: it has a digest that its publisher, or this member's user, has stated;
 * or it is what other members have signed, of which so much was compared with the origin (0 to 1); or every byte came to
 * this member from one address.
 */
export type Trust =
  | { readonly kind: 'publisher-verified'; readonly by: string }
  | { readonly kind: 'room-consistent'; readonly auditedShare: number }
  | { readonly kind: 'self-verified' }
  /**
   * Partly from another address than the first, for which nothing but samples speaks, or it may be: so much of that (0 to
   * 1) was compared with the first.
   */
  | { readonly kind: 'mirrored'; readonly comparedShare: number }
  /** Partly what another program had left: so much of that (0 to 1) was compared with the origin. */
  | { readonly kind: 'imported'; readonly comparedShare: number };

export interface Result {
  readonly download: DownloadId;
  /** Its number in the list of downloads, where there is one. */
  readonly id?: number | undefined;
  readonly url: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly trust: Trust;
  readonly seconds: number;
  readonly originBytes: number;
  readonly lanBytes: number;
  /** Estimate of the seconds that this member's own link alone would have taken; undefined when alone. */
  readonly aloneSeconds: number | undefined;
}
