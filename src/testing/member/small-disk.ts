import type { Command, Event } from '../../core/contract.ts';
import type { Geometry } from '../../core/geometry.ts';
import type { Offer } from '../../core/messages.ts';
import type { Actor } from './small-actors.ts';

/** What the disk needs of its world. */
interface SmallWorld {
  readonly offer: Offer;
  readonly geometry: Geometry;
  later(delayMs: number, act: () => void): void;
  tell(actor: Actor, event: Event): void;
}

/** Hashes, keeps and finishes at once, and tells so a moment later. */
export function carryOutOnDisk(world: SmallWorld, actor: Actor, command: Command): void {
  const { download } = world.offer;
  switch (command.type) {
    case 'hash': {
      const { piece } = command;
      const sha256 = actor.disk.sha256(world.geometry, piece);
      world.later(1, () => world.tell(actor, { type: 'hashed', download, piece, sha256 }));
      return;
    }
    case 'sign': {
      const { piece, sha256 } = command;
      const record = { piece, sha256, signer: actor.id, signature: new Uint8Array(64) };
      world.later(1, () => world.tell(actor, { type: 'kept', download, record }));
      return;
    }
    case 'keep':
      world.later(1, () => world.tell(actor, { type: 'kept', download, record: command.record }));
      return;
    case 'finish':
      world.later(1, () => {
        actor.finished.add(command.download);
        world.tell(actor, { type: 'finished', download: command.download });
      });
      return;
  }
}

/** The pieces in which the bytes from `start` to before `end` lie. */
export function piecesOf(geometry: Geometry, start: number, end: number): number[] {
  const [first, last] = [geometry.pieceAt(start), geometry.pieceAt(end - 1)];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
