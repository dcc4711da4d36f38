import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry } from '../geometry.ts';
import type { Lease } from '../messages.ts';
import { LeaseBook, OWN_LEASES, soundLease } from './lease-book.ts';

const KIB = 1024;
const geometry = new Geometry(10 * 256 * KIB + 7, 256 * KIB);

function lease(id: number, start = 0, end = 100): Lease {
  return { lease: id, kind: 'run', owner: undefined, start, end };
}

test('a member wants two leases that it has yet to fetch', () => {
  const book = new LeaseBook();
  assert.equal(book.wants, 2);
  book.grant(lease(1));
  assert.equal(book.wants, 1);
  book.grant(lease(2));
  book.grant(lease(3));
  assert.equal(book.wants, 0);
  for (const held of book) held.fetched = true;
  assert.equal(book.wants, 2);
});

test('a lease that is granted twice is one, and does not grow', () => {
  const book = new LeaseBook();
  assert.equal(book.grant(lease(1, 0, 100)), true);
  assert.equal(book.grant(lease(1, 0, 200)), false);
  assert.deepEqual(
    book.reports(() => 0).map(({ end }) => end),
    [100],
  );
});

test('a revoke only ever shortens, and drops the lease at its start', () => {
  const book = new LeaseBook();
  book.grant(lease(1, 100, 200));
  assert.equal(book.revoke(9, 0), undefined);
  book.revoke(1, 150);
  book.revoke(1, 180);
  assert.deepEqual(
    book.reports(() => 0).map(({ end }) => end),
    [150],
  );
  book.revoke(1, 100);
  assert.equal(book.size, 0);
});

test('more leases than a coordinator has reason to grant are not taken; those a member gave itself are', () => {
  const book = new LeaseBook();
  for (let id = 1; id <= 100; id++) book.grant(lease(id));
  assert.equal(book.size, 64);
  assert.equal(book.grant(lease(OWN_LEASES + 1)), true);
  assert.equal(book.seen, 100);
});

test('leases that a member gave itself are not reported, and the highest seen is not one of them', () => {
  const book = new LeaseBook();
  book.grant(lease(7));
  book.grant(lease(OWN_LEASES + 1));
  assert.deepEqual(
    book.reports(() => 5),
    [{ lease: 7, start: 0, end: 100, receivedBytes: 5 }],
  );
  assert.equal(book.seen, 7);
});

test('whole pieces and the end of one piece are sound, within the file', () => {
  const { pieceBytes, sizeBytes } = { pieceBytes: 256 * KIB, sizeBytes: geometry.sizeBytes! };
  const sound = (kind: Lease['kind'], start: number, end: number) =>
    soundLease({ ...lease(1, start, end), kind }, geometry)?.end;
  assert.equal(sound('run', 0, pieceBytes), pieceBytes);
  assert.equal(sound('run', 9 * pieceBytes, sizeBytes), sizeBytes);
  assert.equal(sound('run', 9 * pieceBytes, sizeBytes + 100), sizeBytes);
  assert.equal(sound('run', 5, pieceBytes), undefined);
  assert.equal(sound('run', 0, 5), undefined);
  assert.equal(sound('run', 11 * pieceBytes, 12 * pieceBytes), undefined);
  assert.equal(sound('tail', 5, pieceBytes), pieceBytes);
  assert.equal(sound('tail', 5, 2 * pieceBytes), undefined);
  assert.equal(sound('tail', 5, pieceBytes - 1), undefined);
  assert.equal(sound('tail', 10 * pieceBytes + 3, sizeBytes), sizeBytes);
});

test('whatever is found sound lies within the file and is not empty', () => {
  const offset = fc.oneof(
    fc.integer({ min: -10, max: 12 * 256 * KIB }),
    fc.nat(12).map((n) => n * 256 * KIB),
    fc.double(),
  );
  fc.assert(
    fc.property(offset, offset, fc.constantFrom('run' as const, 'tail' as const), (start, end, kind) => {
      const found = soundLease({ ...lease(1, start, end), kind }, geometry);
      if (!found) return;
      assert.ok(found.start >= 0 && found.start < found.end && found.end <= geometry.sizeBytes!);
      assert.ok(Number.isInteger(found.start) && Number.isInteger(found.end));
    }),
  );
});
