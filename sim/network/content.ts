import type { DownloadId } from '../../src/core/ids.ts';

/** Bytes that hold one symbolic value. `v1` stands for the right bytes of the origin's first version. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** Straight from the origin, or from a member. */
  readonly fromOrigin: boolean;
}

/** The value of a byte that is what the origin had when the download began. */
export const RIGHT = 'v1';

/** What lies in a stretch of a file: segments in order, without overlap. Later writes replace earlier ones. */
export class Extent {
  #segments: Segment[] = [];

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  write(start: number, end: number, value: string, fromOrigin: boolean): void {
    if (end <= start) return;
    const last = this.#segments.at(-1);
    if (last === undefined || start > last.end) {
      this.#segments.push({ start, end, value, fromOrigin });
      return;
    }
    if (start === last.end && value === last.value && fromOrigin === last.fromOrigin) {
      this.#segments[this.#segments.length - 1] = { ...last, end };
      return;
    }
    const parts: Segment[] = [];
    for (const segment of this.#segments) {
      if (segment.start < start) parts.push({ ...segment, end: Math.min(segment.end, start) });
      if (segment.end > end) parts.push({ ...segment, start: Math.max(segment.start, end) });
    }
    parts.push({ start, end, value, fromOrigin });
    parts.sort((a, b) => a.start - b.start);
    this.#segments = merged(parts);
  }

  /** Takes the bytes away. */
  erase(start: number, end: number): void {
    const parts: Segment[] = [];
    for (const segment of this.#segments) {
      if (segment.start < start) parts.push({ ...segment, end: Math.min(segment.end, start) });
      if (segment.end > end) parts.push({ ...segment, start: Math.max(segment.start, end) });
    }
    this.#segments = parts;
  }

  /** The segments of these bytes, cut to them. */
  read(start: number, end: number): readonly Segment[] {
    const parts: Segment[] = [];
    for (const segment of this.#segments) {
      if (segment.end <= start || segment.start >= end) continue;
      parts.push({ ...segment, start: Math.max(segment.start, start), end: Math.min(segment.end, end) });
    }
    return parts;
  }

  /** How many of these bytes are there. */
  coveredBytes(start: number, end: number): number {
    let bytes = 0;
    for (const segment of this.#segments) {
      bytes += Math.max(0, Math.min(segment.end, end) - Math.max(segment.start, start));
    }
    return bytes;
  }
}

function merged(parts: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.end === part.start && last.value === part.value && last.fromOrigin === part.fromOrigin) {
      result[result.length - 1] = { ...last, end: part.end };
    } else {
      result.push(part);
    }
  }
  return result;
}

/** Stands for the SHA-256 of a piece: 32 bytes, equal exactly when the values of all bytes are equal. */
export function symbolicSha256(
  download: DownloadId,
  piece: number,
  segments: readonly Segment[],
): Uint8Array {
  let text = `${download}/${piece}`;
  let value: string | undefined;
  for (const segment of segments) {
    if (segment.value === value) continue;
    value = segment.value;
    text += `/${segment.start}:${value}`;
  }
  return spread(text);
}

/** 32 bytes that depend on every character (FNV-1a with eight bases). */
function spread(text: string): Uint8Array {
  const words = new Uint32Array(8);
  for (let word = 0; word < 8; word++) words[word] = hashText(text, 0x811c9dc5 ^ (word * 0x01234567));
  return new Uint8Array(words.buffer);
}

/** FNV-1a, 32 bits, from the given state. */
export function hashText(text: string, state = 0x811c9dc5): number {
  let hash = state;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
