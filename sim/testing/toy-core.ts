import type { Command, Event } from '../../src/core/contract.ts';
import { Geometry } from '../../src/core/geometry.ts';
import type { MemberCoreOptions } from '../../src/core/member/member-core.ts';
import type { Offer, PieceRecord } from '../../src/core/messages.ts';
import type { View } from '../../src/core/view.ts';
import type { CoreLike } from '../network/core-like.ts';

/**
 * The simplest core that a world can run, to test the world with: whoever opens the room streams the whole file, the
 * others pull each piece from it. It survives no fault.
 */
export class ToyCore implements CoreLike {
  readonly #me: string;
  readonly #opens: boolean;
  readonly #held = new Map<number, PieceRecord>();
  readonly #offeredBy = new Map<number, PieceRecord>();
  readonly #peers = new Set<string>();
  #commands: Command[] = [];
  #offer: Offer | undefined;
  #geometry: Geometry | undefined;
  #next = 0;

  constructor(options: MemberCoreOptions) {
    this.#me = options.me;
    this.#opens = options.seniority === 1;
  }

  handle(event: Event, _nowMs: number): void {
    switch (event.type) {
      case 'peer-up':
        this.#peers.add(event.peer);
        if (this.#offer) this.#commands.push({ type: 'send', to: event.peer, message: this.#offer });
        this.#announce([...this.#held.values()], event.peer);
        return;
      case 'message':
        if (event.message.type === 'offer') this.#commands.push({ type: 'offered', offer: event.message });
        if (event.message.type === 'have') {
          for (const record of event.message.records) this.#offeredBy.set(record.piece, record);
          this.#pullNext(event.from);
        }
        return;
      case 'add-download':
        this.#offer = event.offer;
        this.#geometry = new Geometry(event.offer.identity.sizeBytes, event.offer.pieceBytes);
        for (const peer of this.#opens ? [] : this.#peers) this.#pullNext(peer);
        return;
      case 'probe-done':
        if (!this.#opens) return;
        for (const peer of this.#peers)
          this.#commands.push({ type: 'send', to: peer, message: this.#offer! });
        this.#commands.push({ type: 'fetch', download: event.download, stream: 1, start: 0, end: undefined });
        return;
      case 'size-known':
        this.#geometry = new Geometry(event.sizeBytes, this.#offer!.pieceBytes);
        this.#hashLast(event.download);
        return;
      case 'origin-bytes': {
        const { download, start, end } = event;
        const geometry = this.#geometry!;
        for (let piece = geometry.pieceAt(start); piece < geometry.pieceAt(end); piece++) {
          this.#commands.push({ type: 'hash', download, piece });
        }
        if (end === geometry.sizeBytes) this.#hashLast(download);
        return;
      }
      case 'serve-request': {
        const { request, start } = event;
        const record = this.#held.get(this.#geometry!.pieceAt(start));
        if (record) this.#commands.push({ type: 'serve', request, records: [record] });
        else this.#commands.push({ type: 'refuse-serve', request });
        return;
      }
      case 'pull-ended':
        if (event.outcome === 'complete')
          this.#commands.push({ type: 'hash', download: event.download, piece: event.pull });
        return;
      case 'hashed': {
        const { download, piece, sha256 } = event;
        const record = this.#offeredBy.get(piece);
        if (record) this.#commands.push({ type: 'keep', download, record });
        else this.#commands.push({ type: 'sign', download, piece, sha256 });
        return;
      }
      case 'kept':
        this.#held.set(event.record.piece, event.record);
        for (const peer of this.#opens ? this.#peers : []) this.#announce([event.record], peer);
        if (this.#held.size === this.#geometry!.pieceCount)
          this.#commands.push({ type: 'finish', download: event.download });
        return;
    }
  }

  drain(): readonly Command[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  deadline(): number | undefined {
    return undefined;
  }

  view(_nowMs: number): View {
    const phase = this.#held.size === this.#geometry?.pieceCount ? 'done' : 'downloading';
    let heldBytes = 0;
    for (const piece of this.#held.keys()) heldBytes += this.#geometry!.bytesOf(piece);
    const download = { id: this.#offer?.download, phase, heldBytes };
    return { me: this.#me, room: undefined, members: [], downloads: [download] } as unknown as View;
  }

  /** The last piece ends with the file, not at a multiple of the piece size. */
  #hashLast(download: string): void {
    const { sizeBytes, pieceBytes } = this.#geometry!;
    const piece = Math.floor(sizeBytes! / pieceBytes);
    if (piece * pieceBytes < sizeBytes!) this.#commands.push({ type: 'hash', download, piece });
  }

  #announce(records: readonly PieceRecord[], to: string): void {
    if (records.length === 0 || !this.#offer) return;
    const runs = records.map(({ piece }) => ({ start: piece, end: piece + 1 }));
    this.#commands.push({
      type: 'send',
      to,
      message: { type: 'have', download: this.#offer.download, runs, records },
    });
  }

  /** Pieces come in order: from a stream they always do. */
  #pullNext(from: string): void {
    if (!this.#geometry || !this.#offer) return;
    for (; this.#offeredBy.has(this.#next); this.#next++) {
      const start = this.#geometry.startOf(this.#next);
      const end = this.#geometry.endOf(this.#next);
      this.#commands.push({
        type: 'pull',
        download: this.#offer.download,
        pull: this.#next,
        from,
        start,
        end,
      });
    }
  }
}
