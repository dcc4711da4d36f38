import type { Command, Event } from '../../core/contract.ts';
import type { Have } from '../../core/messages.ts';
import { type Break, type ContractCheck, keyOf } from './check.ts';

/** Whether the journal of a download has a piece, as far as the world under test can look it up. */
export type IsJournaled = (download: string, piece: number) => boolean;

/** Each step of a piece is the answer to the one before: hash, hashed, sign or keep, journaled, kept, announced. */
export class PieceCheck implements ContractCheck {
  readonly #break: Break;
  readonly #isJournaled: IsJournaled;
  readonly #hashing = new Set<string>();
  readonly #hashes = new Map<string, Uint8Array>();
  /** Asked to be kept and not kept yet, with their hashes. */
  readonly #keeping = new Map<string, Uint8Array>();
  readonly #kept = new Map<string, Set<number>>();

  constructor(onBreak: Break, isJournaled: IsJournaled) {
    this.#break = onBreak;
    this.#isJournaled = isJournaled;
  }

  /** The pieces of a download that are kept. */
  keptOf(download: string): ReadonlySet<number> {
    return this.#keptOf(download);
  }

  event(event: Event): void {
    switch (event.type) {
      case 'add-download':
        for (const { piece } of event.held) this.#keptOf(event.offer.download).add(piece);
        return;
      case 'hashed': {
        const key = keyOf(event.download, event.piece);
        if (!this.#hashing.delete(key)) this.#break(`piece ${event.piece} was hashed unasked`);
        this.#hashes.set(key, event.sha256);
        return;
      }
      case 'kept': {
        const { download, record } = event;
        const key = keyOf(download, record.piece);
        const sha256 = this.#keeping.get(key);
        if (sha256 === undefined || !isSame(sha256, record.sha256))
          this.#break(`piece ${record.piece} was kept unasked`);
        this.#keeping.delete(key);
        if (!this.#isJournaled(download, record.piece))
          this.#break(`piece ${record.piece} is said to be kept before it is in the journal`);
        this.#keptOf(download).add(record.piece);
        return;
      }
    }
  }

  command(command: Command): void {
    switch (command.type) {
      case 'hash': {
        const key = keyOf(command.download, command.piece);
        this.#mustNotBeKept(command.download, command.piece, 'hash');
        if (this.#hashing.has(key)) this.#break(`piece ${command.piece} is being hashed already`);
        this.#hashing.add(key);
        return;
      }
      case 'sign':
        return this.#keep(command.download, command.piece, command.sha256);
      case 'keep':
        return this.#keep(command.download, command.record.piece, command.record.sha256);
      case 'unkeep':
        this.#keptOf(command.download).delete(command.piece);
        return;
      case 'send':
        if (command.message.type === 'have') this.#announced(command.message);
        return;
    }
  }

  #keep(download: string, piece: number, sha256: Uint8Array): void {
    const key = keyOf(download, piece);
    this.#mustNotBeKept(download, piece, 'keep');
    const hash = this.#hashes.get(key);
    if (hash === undefined || !isSame(hash, sha256)) this.#break(`piece ${piece} has not this hash`);
    this.#keeping.set(key, sha256);
  }

  #announced({ download, runs }: Have): void {
    const kept = this.#keptOf(download);
    for (const { start, end } of runs) {
      for (let piece = start; piece < end; piece++)
        if (!kept.has(piece)) this.#break(`piece ${piece} is announced and not kept`);
    }
  }

  #mustNotBeKept(download: string, piece: number, what: string): void {
    if (this.#keptOf(download).has(piece)) this.#break(`${what} of piece ${piece}, which is kept`);
  }

  #keptOf(download: string): Set<number> {
    const known = this.#kept.get(download);
    if (known) return known;
    const kept = new Set<number>();
    this.#kept.set(download, kept);
    return kept;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
