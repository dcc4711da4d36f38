import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OriginDesk, PIECE } from '../../testing/member/origin-desk.ts';
import { OriginSide } from './origin-side.ts';

test('nothing is fetched before this member has looked at the origin, and all of a lease after', () => {
  const desk = new OriginDesk();
  const early = new OriginSide({
    download: 'd0',
    ledger: desk.ledger,
    ranges: true,
    maxConnections: 4,
    random: () => 0.5,
    nextWriter: () => 1,
    onLan: () => false,
    isAlone: () => true,
    changed: () => {},
    emit: () => assert.fail('nothing is asked for'),
  });
  early.grant({ lease: 1, kind: 'run', owner: undefined, start: 0, end: PIECE });
  early.schedule(0);
  desk.grant(1, 0, 4 * PIECE);
  assert.deepEqual(desk.fetching, [[0, 4 * PIECE]]);
});

test('a lease that is fetched and held is over; one that is fetched and not yet held is not, and wants another', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 2 * PIECE);
  desk.finish(desk.firstStream);
  assert.equal(desk.side.leases.size, 0);
  desk.grant(2, 2 * PIECE, 3 * PIECE);
  const [id] = desk.open.keys();
  const { end } = desk.open.get(id!)!;
  desk.side.bytes({ type: 'origin-bytes', download: 'd0', stream: id!, start: 2 * PIECE, end }, 1);
  desk.end(id!, 'complete');
  assert.equal(desk.side.leases.size, 1);
  assert.equal(desk.side.leases.wants, 2);
});

test('what a broken stream did not bring is fetched again from where it stood', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 4 * PIECE);
  desk.deliver(desk.firstStream, PIECE + 10);
  desk.end(desk.firstStream, 'broken');
  assert.deepEqual(desk.fetching, []);
  desk.wait();
  assert.deepEqual(desk.fetching, [[PIECE + 10, 4 * PIECE]]);
});

test('an end before the end is waited out like a break, even when it is called complete', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 4 * PIECE);
  desk.end(desk.firstStream, 'complete');
  assert.deepEqual(desk.fetching, []);
  assert.ok(desk.side.deadline()! > desk.nowMs);
});

test('a revoke ends streams at its place, but lets a piece that has begun be finished', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 8 * PIECE);
  desk.deliver(desk.firstStream, 2 * PIECE + 10);
  desk.side.revoke(1, PIECE, desk.nowMs);
  assert.deepEqual(desk.fetching, [[2 * PIECE + 10, 3 * PIECE]]);
  desk.finish(desk.firstStream);
  assert.equal(desk.side.leases.size, 0);
  assert.deepEqual(desk.fetching, []);
});

test('a tail that is taken back ends at once: whoever had the piece has finished it', () => {
  const desk = new OriginDesk();
  desk.grant(1, PIECE - 100_000, PIECE, 'tail');
  desk.deliver(desk.firstStream, 10_000);
  desk.side.revoke(1, PIECE - 100_000, desk.nowMs);
  assert.deepEqual(desk.fetching, [[PIECE - 90_000, PIECE - 90_000]]);
});

test('a piece that has begun is given up when its lease is revoked and no more of it comes', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 8 * PIECE);
  desk.deliver(desk.firstStream, 2 * PIECE + 10);
  desk.side.revoke(1, 0, desk.nowMs + 3_000);
  assert.deepEqual(desk.fetching, [[2 * PIECE + 10, 2 * PIECE + 10]]);
  desk.end(desk.firstStream, 'complete');
  assert.equal(desk.ledger.claimedBytes, 0);
});

test('a lease that is revoked before anything of it came costs nothing more', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 8 * PIECE);
  desk.side.revoke(1, 0, desk.nowMs);
  assert.deepEqual(desk.fetching, [[0, 0]]);
  desk.end(desk.firstStream, 'complete');
  assert.deepEqual(desk.fetching, []);
  assert.equal(desk.ledger.claimedBytes, 0);
});

test('pieces that members hold are left to the LAN, within a lease and at its start', () => {
  const desk = new OriginDesk();
  for (const piece of [0, 3]) desk.onLan.add(piece);
  desk.grant(1, 0, 5 * PIECE);
  assert.deepEqual(desk.fetching, [[PIECE, 3 * PIECE]]);
  desk.finish(desk.firstStream);
  assert.deepEqual(desk.fetching, [[4 * PIECE, 5 * PIECE]]);
});

test('a stream ends before pieces that others come to hold, but not within the one that it is at', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 8 * PIECE);
  desk.deliver(desk.firstStream, 10);
  for (const piece of [0, 5, 6]) desk.onLan.add(piece);
  desk.side.skip([
    { start: 0, end: 1 },
    { start: 5, end: 7 },
  ]);
  assert.deepEqual(desk.fetching, [[10, 5 * PIECE]]);
});
