import fc from 'fast-check';
import { OWN_LEASES } from '../../core/fetching/lease-book.ts';
import type { Lease, Message, Offer } from '../../core/messages.ts';
import { fakeHash } from './fake-disk.ts';
import { type Actor, SmallWorld, sampleOffer } from './small-world.ts';

export const PIECE = 256 * 1024;
export const signature = new Uint8Array(64);

/** A member at work, and a stranger in its room that has made itself coordinator. */
export function besieged(offer = sampleOffer()): { world: SmallWorld; a: Actor } {
  const world = new SmallWorld(offer);
  const a = world.add('a', 1);
  world.meet(a, 'evil');
  world.say('evil', a, { type: 'coordinate', epoch: 5, seniority: 1 });
  world.open(a);
  return { world, a };
}

export function grant(lease: Partial<Lease>, epoch = 5): Message {
  return {
    type: 'grant',
    epoch,
    download: 'd0',
    lease: { lease: 6 * 2 ** 20, kind: 'run', owner: undefined, start: 0, end: PIECE, ...lease },
  };
}

export const STRANGE: readonly Partial<Lease>[] = [
  { start: 17 * PIECE, end: 18 * PIECE },
  { start: 16 * PIECE, end: 18 * PIECE },
  { start: 0, end: 2 ** 44 },
  { start: 0, end: Number.MAX_SAFE_INTEGER },
  { start: 2 ** 44 - 1, end: 2 ** 44 },
  { start: PIECE, end: PIECE },
  { start: 2 * PIECE, end: PIECE },
  { start: -PIECE, end: PIECE },
  { start: 5, end: 7 },
  { start: 0.5, end: 1.5 },
  { start: Number.NaN, end: Number.NaN },
  { kind: 'tail', owner: 'nobody', start: 0, end: 10 * PIECE },
  { kind: 'tail', owner: 'evil', start: 17 * PIECE, end: 18 * PIECE },
  { kind: 'tail', owner: 'a', start: PIECE + 10, end: 2 * PIECE - 10 },
  { kind: 'tail', owner: undefined, start: PIECE + 10, end: 2 * PIECE },
  { lease: OWN_LEASES + 1 },
  { lease: Number.MAX_SAFE_INTEGER },
];

export const offset = fc.oneof(
  fc.constantFrom(0, PIECE, 2 * PIECE, 16 * PIECE, 16 * PIECE + 1000, 17 * PIECE, 2 ** 44, -1, Number.NaN),
  fc.integer({ min: 0, max: 17 * PIECE }),
);
export const leaseId = fc.constantFrom(0, 1, 6 * 2 ** 20, 6 * 2 ** 20 + 1, OWN_LEASES, OWN_LEASES + 1);
export const piece = fc.constantFrom(0, 1, 2, 15, 16, 17, 2 ** 20 - 1);
export const runs = fc.array(fc.record({ start: piece, end: piece }), { maxLength: 3 });
export const download = fc.constantFrom('d0', 'd1');
export const epoch = fc.constantFrom(0, 1, 5, 6);
export const aRecord = fc.record({
  piece,
  sha256: piece.map((n) => fakeHash(n, PIECE, 'bad')),
  signer: fc.constantFrom('evil', 'a', 'other'),
  signature: fc.constant(signature),
});
export const anOffer = fc
  .record({
    download,
    sizeBytes: fc.option(offset, { nil: undefined }),
    pieceBytes: fc.constantFrom(PIECE, 1 << 24),
  })
  .map(
    ({ sizeBytes, ...rest }): Offer =>
      sampleOffer({ ...rest, identity: { ...sampleOffer().identity, sizeBytes } }),
  );
export const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('coordinate' as const), epoch, seniority: fc.integer({ min: 1, max: 9 }) }),
  anOffer,
  fc.record({
    type: fc.constant('have' as const),
    download,
    runs,
    records: fc.array(aRecord, { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('fragment' as const), download, start: offset, end: offset }),
  fc.record({
    type: fc.constant('grant' as const),
    epoch,
    download,
    lease: fc.record({
      lease: leaseId,
      kind: fc.constantFrom('run' as const, 'tail' as const),
      owner: fc.constantFrom('a', 'evil', 'nobody', undefined),
      start: offset,
      end: offset,
    }),
  }),
  fc.record({ type: fc.constant('revoke' as const), epoch, download, lease: leaseId, end: offset }),
  fc.record({
    type: fc.constant('report' as const),
    epoch,
    download,
    originRate: fc.constantFrom(0, 1e6, Number.NaN, 1e300),
    canFetch: fc.boolean(),
    wants: fc.constantFrom(0, 2, 1e9, -1),
    seenLease: leaseId,
    leases: fc.array(fc.record({ lease: leaseId, start: offset, end: offset, receivedBytes: offset }), {
      maxLength: 3,
    }),
  }),
  fc.constant<Message>({ type: 'status', downloads: [] }),
  fc
    .record({
      epoch,
      seniority: fc.integer({ min: 1, max: 9 }),
      present: fc.boolean(),
      id: fc.constantFrom('a', 'evil', 'x'),
    })
    .map(
      ({ epoch, ...entry }): Message => ({
        type: 'roster',
        epoch,
        members: [{ name: 'x', addresses: ['x:1'], certificate: new Uint8Array(), ...entry }],
      }),
    ),
);
