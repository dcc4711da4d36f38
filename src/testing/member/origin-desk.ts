import type { OriginOutcome } from '../../core/contract.ts';
import { OriginSide } from '../../core/fetching/origin-side.ts';
import { Geometry } from '../../core/geometry.ts';
import { Ledger } from '../../core/ledger.ts';
import type { Lease } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';

export const PIECE = 256 * 1024;
export const FILE = 16 * PIECE + 1000;

/** An origin side with a ledger, and an origin that does what the test says. */
export class OriginDesk {
  readonly ledger: Ledger;
  readonly side: OriginSide;
  readonly open = new Map<number, { position: number; end: number }>();
  readonly onLan = new Set<number>();
  /** How often each byte has been asked for and delivered, in ranges of pieces. */
  readonly delivered: ByteRange[] = [];
  nowMs = 0;
  #writers = 0;

  constructor(
    options: {
      ranges?: boolean;
      sizeBytes?: number | undefined;
      connections?: number;
      isAlone?: boolean;
      first?: number;
    } = {},
  ) {
    const sizeBytes = 'sizeBytes' in options ? options.sizeBytes : FILE;
    this.ledger = new Ledger(new Geometry(sizeBytes, PIECE));
    this.side = new OriginSide({
      download: 'd0',
      ledger: this.ledger,
      ranges: options.ranges ?? true,
      maxConnections: options.connections ?? 4,
      firstConnections: options.first,
      random: () => 0.5,
      nextWriter: () => ++this.#writers,
      onLan: (piece) => this.onLan.has(piece),
      isAlone: () => options.isAlone ?? true,
      changed: () => {},
      emit: (command) => {
        if (command.type === 'fetch') {
          this.open.set(command.stream, {
            position: command.start,
            end: command.end ?? Number.POSITIVE_INFINITY,
          });
        } else if (command.type === 'trim') {
          const stream = this.open.get(command.stream);
          if (stream) stream.end = Math.min(stream.end, command.end);
        } else if (command.type === 'stop-fetch') this.stopped.add(command.stream);
      },
    });
    this.side.probed(true, undefined);
  }

  readonly stopped = new Set<number>();

  grant(id: number, start: number, end: number, kind: Lease['kind'] = 'run'): readonly Lease[] {
    this.side.grant({ lease: id, kind, owner: undefined, start, end });
    return this.side.schedule(this.nowMs);
  }

  /** What is being fetched, in order of the file. */
  get fetching(): [number, number][] {
    return [...this.open.values()]
      .map(({ position, end }): [number, number] => [position, end])
      .sort((a, b) => a[0] - b[0]);
  }

  /** The next bytes of a stream. Pieces that become full are held. */
  deliver(id: number, bytes = Number.POSITIVE_INFINITY): void {
    const stream = this.open.get(id)!;
    const start = stream.position;
    const end = Math.min(start + bytes, stream.end);
    stream.position = end;
    this.delivered.push({ start, end });
    for (const piece of this.side.bytes(
      { type: 'origin-bytes', download: 'd0', stream: id, start, end },
      this.nowMs,
    )) {
      this.ledger.hold(piece);
    }
  }

  finish(id: number): void {
    this.deliver(id);
    this.end(id, 'complete');
  }

  end(id: number, outcome: OriginOutcome, retryAfterMs?: number): readonly Lease[] {
    this.open.delete(id);
    this.side.ended(
      {
        type: 'origin-ended',
        download: 'd0',
        stream: id,
        outcome,
        retryAfterMs,
        reason: { code: 'origin-failed', message: `it was ${outcome}` },
      },
      this.nowMs,
    );
    return this.side.schedule(this.nowMs);
  }

  /** Waits until the side may open a stream again. */
  wait(): void {
    this.nowMs = this.side.deadline() ?? this.nowMs;
    this.side.schedule(this.nowMs);
  }

  get firstStream(): number {
    return this.open.keys().next().value!;
  }
}
