import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Geometry } from '../geometry.ts';
import { Ledger } from '../ledger.ts';
import type { Lease } from '../messages.ts';
import { LeaseBook } from './lease-book.ts';
import { LeaseWork } from './lease-work.ts';

const PIECE = 256 * 1024;

/** The leases of a file of eight pieces and a bit. */
function desk(held: readonly number[] = []) {
  const ledger = new Ledger(new Geometry(8 * PIECE + 1_000, PIECE), held);
  const leases = new LeaseBook();
  const onLan = new Set<number>();
  const work = new LeaseWork({ ledger, leases, onLan: (piece) => onLan.has(piece) });
  const grant = (id: number, start: number, end: number, kind: Lease['kind'] = 'run') =>
    leases.grant({ lease: id, kind, owner: undefined, start, end });
  /** The bytes arrive; pieces that become full are held if they are to be. */
  const fill = (start: number, end: number, holds = true) => {
    ledger.claim(9, { start, end }, 'origin');
    for (const piece of ledger.fill(9, { start, end })) if (holds) ledger.hold(piece);
    ledger.release(9);
  };
  return { ledger, leases, onLan, work, grant, fill };
}

test('with nothing leased there is nothing to do', () => {
  assert.equal(desk().work.next(4), undefined);
});

test('work comes from the oldest lease, from its beginning', () => {
  const { work, grant } = desk();
  grant(1, 4 * PIECE, 6 * PIECE);
  grant(2, 0, 2 * PIECE);
  assert.deepEqual(work.next(1), { start: 4 * PIECE, end: 6 * PIECE });
});

test('a lease is cut so that all connections have a part of it, in whole pieces', () => {
  const { work, grant } = desk();
  grant(1, 0, 8 * PIECE);
  assert.deepEqual(work.next(4), { start: 0, end: 2 * PIECE });
});

test('what is held, or had better be had from a member, is passed over', () => {
  const { work, grant, onLan } = desk([0]);
  onLan.add(1);
  onLan.add(4);
  grant(1, 0, 8 * PIECE);
  assert.deepEqual(work.next(1), { start: 2 * PIECE, end: 4 * PIECE });
});

test('what another writer is bringing is nobody else’s work', () => {
  const { work, grant, ledger } = desk();
  grant(1, 0, 4 * PIECE);
  ledger.claim(1, { start: 0, end: PIECE + 10 }, 'origin');
  assert.deepEqual(work.next(1), { start: PIECE + 10, end: 4 * PIECE });
});

test('bytes that a stream left behind are work again once they are reopened', () => {
  const { work, grant, ledger } = desk();
  grant(1, 0, 4 * PIECE);
  ledger.claim(1, { start: 0, end: 2 * PIECE }, 'origin');
  assert.equal(work.next(1)!.start, 2 * PIECE);
  ledger.release(1);
  assert.equal(work.next(1)!.start, 2 * PIECE, 'the place that was reached is remembered');
  work.reopen(0);
  assert.equal(work.next(1)!.start, 0);
});

test('a revoked lease gives no work beyond its new end', () => {
  const { work, grant, leases } = desk();
  grant(1, 0, 4 * PIECE);
  leases.revoke(1, PIECE);
  assert.deepEqual(work.next(1), { start: 0, end: PIECE });
});

test('a lease is over when its pieces are held, not when they have only arrived', () => {
  const { work, grant, leases, fill, ledger } = desk();
  grant(1, 0, PIECE);
  fill(0, PIECE, false);
  work.close([]);
  assert.deepEqual([leases.size, leases.wants], [1, 2]);
  ledger.hold(0);
  work.close([]);
  assert.equal(leases.size, 0);
});

test('a lease whose last bytes are still on their way is not over', () => {
  const { work, grant, leases, ledger } = desk();
  grant(1, 0, PIECE);
  ledger.claim(1, { start: 0, end: PIECE }, 'origin');
  work.close([{ start: 0, end: PIECE, position: 10 }]);
  assert.equal(leases.isFetched, false);
});

test('a tail is returned as soon as its bytes are there', () => {
  const { work, grant, leases, fill } = desk();
  grant(1, PIECE - 100, PIECE, 'tail');
  assert.deepEqual(work.close([]), []);
  fill(PIECE - 100, PIECE);
  assert.deepEqual(
    work.close([]).map(({ lease }) => lease),
    [1],
  );
  assert.equal(leases.size, 0);
});

test('a piece that had arrived and turned out wrong is work again', () => {
  const { work, grant, leases, fill, ledger } = desk();
  grant(1, 0, 2 * PIECE);
  fill(0, 2 * PIECE, false);
  work.close([]);
  assert.equal(leases.isFetched, true);
  ledger.reset(0);
  work.close([]);
  assert.deepEqual(work.next(1), { start: 0, end: PIECE });
});

test('what is held between missing pieces is known, and what is held around them is not meant', () => {
  const { work, grant, fill } = desk([0, 2, 3, 5, 7]);
  grant(1, 0, 4 * PIECE);
  grant(2, 4 * PIECE, 8 * PIECE);
  assert.deepEqual(work.heldBetween(false), [2, 3, 5]);
  fill(PIECE, 2 * PIECE);
  assert.deepEqual(work.heldBetween(false), [5]);
  fill(4 * PIECE + 1, 5 * PIECE);
  fill(6 * PIECE, 7 * PIECE, false);
  assert.deepEqual(work.heldBetween(false), [], 'only the first byte of the fifth piece is missing');
});

test('while a piece between missing ones is being proven nobody knows which are held', () => {
  const { work, grant, fill, ledger } = desk();
  grant(1, 0, 8 * PIECE);
  fill(PIECE, 2 * PIECE, false);
  assert.equal(work.heldBetween(false), undefined);
  ledger.hold(1);
  assert.deepEqual(work.heldBetween(false), [1]);
});

test('in the order of the file work begins with its first missing byte, and goes on from one lease to the next', () => {
  const { work, grant } = desk([0]);
  grant(1, 3 * PIECE, 6 * PIECE);
  grant(2, 0, 3 * PIECE);
  grant(3, 7 * PIECE, 8 * PIECE);
  assert.deepEqual(work.nextInFile(false), { start: PIECE, end: 6 * PIECE });
});

test('in the order of the file whoever fetches alone goes on past its leases, up to what is here', () => {
  const { work, grant, fill } = desk();
  grant(1, PIECE, 3 * PIECE);
  assert.deepEqual(work.nextInFile(true), { start: PIECE, end: 8 * PIECE + 1_000 });
  fill(5 * PIECE, 6 * PIECE);
  assert.deepEqual(work.nextInFile(true), { start: PIECE, end: 5 * PIECE });
});

test('whoever fetches alone looks for held pieces between missing ones in all of the file', () => {
  const { work, grant, fill } = desk();
  fill(PIECE, 2 * PIECE);
  fill(5 * PIECE, 6 * PIECE);
  assert.deepEqual(work.heldBetween(true), [], 'without a lease there is nothing to fetch');
  grant(1, 0, PIECE);
  assert.deepEqual(work.heldBetween(false), []);
  assert.deepEqual(work.heldBetween(true), [1, 5]);
});
