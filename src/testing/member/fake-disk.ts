import type { Geometry } from '../../core/geometry.ts';

interface Segment {
  start: number;
  end: number;
  readonly tag: string;
}

/** Remembers for each byte of a file where it came from; that stands for the bytes themselves. */
export class FakeDisk {
  #segments: Segment[] = [];

  write(start: number, end: number, tag: string): void {
    const kept: Segment[] = [];
    for (const segment of this.#segments) {
      if (segment.start < start) kept.push({ ...segment, end: Math.min(segment.end, start) });
      if (segment.end > end) kept.push({ ...segment, start: Math.max(segment.start, end) });
    }
    this.#segments = [...kept, { start, end, tag }];
  }

  /** What stands between two offsets, in words: equal for equal bytes. */
  read(start: number, end: number): string {
    const tags = new Set<string>();
    let bytes = 0;
    for (const segment of this.#segments) {
      const length = Math.min(segment.end, end) - Math.max(segment.start, start);
      if (length <= 0) continue;
      tags.add(segment.tag);
      bytes += length;
    }
    if (bytes < end - start) tags.add('hole');
    return [...tags].sort().join('+');
  }

  sha256(geometry: Geometry, piece: number): Uint8Array {
    return fakeHash(
      piece,
      geometry.bytesOf(piece),
      this.read(geometry.startOf(piece), geometry.endOf(piece)),
    );
  }
}

/** Stands for a hash: 32 bytes that differ when the piece, its length or its content does. */
export function fakeHash(piece: number, bytes: number, content = 'good'): Uint8Array {
  const hash = new Uint8Array(32);
  let state = 0x811c9dc5;
  const text = `${piece}/${bytes}/${content}`;
  for (let i = 0; i < 32 + text.length; i++) {
    state = Math.imul(state ^ (text.charCodeAt(i % text.length) + i), 0x01000193);
    hash[i % 32]! ^= state >>> 13;
  }
  return hash;
}
