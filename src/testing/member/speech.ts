import type { Command, FailureReason } from '../../core/contract.ts';
import { Geometry } from '../../core/geometry.ts';
import type { Message, PieceRecord } from '../../core/messages.ts';
import type { ByteRange } from '../../core/ranges.ts';
import { fakeHash } from './fake-disk.ts';
import { type Actor, SmallWorld, sampleOffer } from './small-world.ts';

const offer = sampleOffer();
const geometry = new Geometry(offer.identity.sizeBytes, offer.pieceBytes);

/** Records of the sample download, as a member signs them that fetched bytes with this content. */
export function recordBy(signer: string, content = 'good'): (piece: number) => PieceRecord {
  return (piece) => ({
    piece,
    sha256: fakeHash(piece, geometry.bytesOf(piece), content),
    signer,
    signature: new Uint8Array(64),
  });
}

/** That the sender holds these pieces of the sample download. */
export function have(start: number, end: number, records: readonly PieceRecord[] = []): Message {
  return { type: 'have', download: 'd0', runs: [{ start, end }], records };
}

/** The commands of one type that a core has given. */
export function of<T extends Command['type']>(actor: Actor, type: T): Extract<Command, { type: T }>[] {
  return actor.commands.filter((command) => command.type === type) as Extract<Command, { type: T }>[];
}

/** The messages of one type that a core has sent. */
export function sent<T extends Message['type']>(actor: Actor, type: T): Extract<Message, { type: T }>[] {
  const messages = of(actor, 'send').map(({ message }) => message);
  return messages.filter((message) => message.type === type) as Extract<Message, { type: T }>[];
}

/** A member that cannot reach the origin and has to get everything from others. */
export function cutOff(world = new SmallWorld()): { world: SmallWorld; a: Actor } {
  const a = world.add('a', 1);
  world.tell(a, { type: 'add-download', offer: world.offer, held: [], maxConnections: 4 });
  return { world, a };
}

/** Why the last download of a member that failed has, unless it goes on by now. */
export function failureOf({ commands }: Actor): FailureReason | undefined {
  const last = commands.findLast(({ type }) => type === 'failed' || type === 'recovered');
  return last?.type === 'failed' ? last.reason : undefined;
}

/** Whose word a member takes for the last download that it has finished. */
export function signersOf(actor: Actor): ReadonlySet<string> | undefined {
  const done = of(actor, 'done').at(-1);
  return done && new Set(done.signers);
}

let lastRequest = 1_000_000;

/** What a member answers a stranger that asks for bytes: the records with which it would send them; undefined: it refuses. */
export function asked(
  world: SmallWorld,
  actor: Actor,
  { start, end }: ByteRange,
  download = 'd0',
): readonly PieceRecord[] | undefined {
  const request = ++lastRequest;
  world.meet(actor, 'stranger');
  const { intercept } = actor;
  actor.intercept = (command) => 'request' in command && command.request === request;
  world.tell(actor, { type: 'serve-request', request, peer: 'stranger', download, start, end });
  world.tell(actor, { type: 'served', request, bytes: 0 });
  actor.intercept = intercept;
  return of(actor, 'serve').find((command) => command.request === request)?.records;
}
