import type { Command, Event } from '../../core/contract.ts';
import type { PieceRecord } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { type Break, type ContractCheck, keyOf } from './check.ts';

interface Transfer extends ByteRange {
  readonly download: string;
  position: number;
  hasRecords: boolean;
}

/** Bytes of a transfer come in order, within what was asked for, and end once; records come before them. */
export class TransferCheck implements ContractCheck {
  readonly #break: Break;
  readonly #streams = new Map<string, Transfer>();
  readonly #pulls = new Map<string, Transfer>();
  readonly #pieceBytes = new Map<string, number>();

  constructor(onBreak: Break) {
    this.#break = onBreak;
  }

  event(event: Event): void {
    switch (event.type) {
      case 'add-download':
        this.#pieceBytes.set(event.offer.download, event.offer.pieceBytes);
        return;
      case 'origin-bytes':
        return this.#bytes(
          this.#streams,
          `stream ${event.stream}`,
          event,
          keyOf(event.download, event.stream),
        );
      case 'pull-bytes':
        return this.#bytes(this.#pulls, `pull ${event.pull}`, event, keyOf(event.download, event.pull));
      case 'origin-ended':
        if (!this.#streams.delete(keyOf(event.download, event.stream)))
          this.#break(`stream ${event.stream} ended that was not open`);
        return;
      case 'pull-ended':
        if (!this.#pulls.delete(keyOf(event.download, event.pull)))
          this.#break(`pull ${event.pull} ended that was not open`);
        return;
      case 'records':
        for (const record of event.records) this.#record(event.download, record);
        return;
    }
  }

  command(command: Command): void {
    switch (command.type) {
      case 'fetch': {
        const { download, stream, start, end = Number.POSITIVE_INFINITY } = command;
        return this.#open(this.#streams, keyOf(download, stream), { download, start, end });
      }
      case 'pull': {
        const { download, pull, start, end } = command;
        return this.#open(this.#pulls, keyOf(download, pull), { download, start, end });
      }
      case 'trim':
      case 'stop-fetch':
        if (!this.#streams.has(keyOf(command.download, command.stream)))
          this.#break(`${command.type} of stream ${command.stream}, which is not open`);
        return;
      case 'stop-pull':
        if (!this.#pulls.has(keyOf(command.download, command.pull)))
          this.#break(`stop-pull of pull ${command.pull}, which is not open`);
        return;
    }
  }

  #open(open: Map<string, Transfer>, key: string, range: ByteRange & { readonly download: string }): void {
    if (open.has(key)) this.#break(`the number of transfer ${key} is taken`);
    if (range.start < 0 || range.end <= range.start) this.#break(`transfer ${key} asks for nothing`);
    open.set(key, { ...range, position: range.start, hasRecords: false });
  }

  #bytes(open: Map<string, Transfer>, name: string, { start, end }: ByteRange, key: string): void {
    const transfer = open.get(key);
    if (transfer === undefined) return this.#break(`bytes of ${name}, which is not open`);
    if (start !== transfer.position || end <= start || end > transfer.end)
      this.#break(
        `${name} brings ${start} to ${end} where ${transfer.position} is due, up to ${transfer.end}`,
      );
    transfer.position = end;
  }

  /** It belongs to a pull that has not brought anything yet. */
  #record(download: string, { piece }: PieceRecord): void {
    const pieceBytes = this.#pieceBytes.get(download)!;
    for (const pull of this.#pulls.values()) {
      const isAbout = pull.start < (piece + 1) * pieceBytes && pull.end > piece * pieceBytes;
      if (pull.download === download && isAbout && pull.position === pull.start) return;
    }
    this.#break(`a record of piece ${piece} comes without a pull, or after its bytes`);
  }
}
