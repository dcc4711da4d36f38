import { contentSlice } from './content.ts';
import type { OriginFaults } from './origin-faults.ts';

/** One file of the origin. */
export interface OriginFile {
  /** Made from a seed, of any size, or given. */
  readonly content: { readonly seed: string; readonly sizeBytes: number } | Buffer;
  /** Default true. */
  readonly ranges?: boolean;
  /** Whether full answers name their length; else they are chunked. Default true. */
  readonly length?: boolean;
  /** Default: a strong one. Null: none. */
  readonly etag?: string | null;
  /** Default: a date of long ago. Null: none. */
  readonly lastModified?: string | null;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Only GETs that carry these headers (lower-case names) are let in; others get a 401. */
  readonly requireHeaders?: Readonly<Record<string, string>>;
  /** Several: each with a scope of its own. */
  readonly faults?: OriginFaults | readonly OriginFaults[];
}

/** Where the bytes of a file come from. */
export interface ByteSource {
  readonly sizeBytes: number;
  slice(start: number, end: number): Buffer;
}

/** The bytes of a file. Beyond the end of a made one there are more, of no meaning. */
export function sourceOf(content: OriginFile['content']): ByteSource {
  if (content instanceof Uint8Array) {
    return { sizeBytes: content.length, slice: (start, end) => content.subarray(start, end) };
  }
  const { seed, sizeBytes } = content;
  return { sizeBytes, slice: (start, end) => contentSlice(seed, start, end) };
}
