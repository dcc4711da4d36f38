import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type UploadKnowledge, UploadQueue, type UploadRequest } from './upload-queue.ts';

const MIB = 1024 * 1024;
const equalPieces: UploadKnowledge = { holders: () => 1, relays: () => true };

function request(id: number, peer: string, piece = id): UploadRequest {
  return { id, peer, download: 'file', run: { start: piece, end: piece + 1 }, bytes: MIB };
}

/** A queue that serves one request at a time, and the order in which it served those given. */
function order(knowledge: UploadKnowledge, requests: readonly UploadRequest[]): number[] {
  const queue = new UploadQueue(knowledge, 1);
  for (const each of requests) assert.equal(queue.add(each), true);
  const served: number[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    served.push(next.id);
    queue.done(next.id, next.bytes);
  }
  return served;
}

test('the piece with the fewest holders goes first', () => {
  const holders = [5, 2, 9, 1];
  const knowledge = { ...equalPieces, holders: (_: string, piece: number) => holders[piece]! };
  assert.deepEqual(
    order(
      knowledge,
      [0, 1, 2, 3].map((id) => request(id, `peer ${id}`)),
    ),
    [3, 1, 0, 2],
  );
});

test('members that pass on what they get come before those that have no one to pass it to', () => {
  const knowledge = { ...equalPieces, relays: (_: string, peer: string) => peer !== 'leaf' };
  assert.deepEqual(order(knowledge, [request(1, 'leaf'), request(2, 'ann'), request(3, 'bob')]), [2, 3, 1]);
});

test('of requests that are alike the one of the peer that got least goes first', () => {
  const requests = [
    request(1, 'ann'),
    request(2, 'ann'),
    request(3, 'ann'),
    request(4, 'bob'),
    request(5, 'bob'),
  ];
  assert.deepEqual(order(equalPieces, requests), [1, 4, 2, 5, 3]);
});

test('a piece is not sent twice while another with one holder waits', () => {
  const queue = new UploadQueue(equalPieces, 2);
  for (const each of [request(1, 'ann', 7), request(2, 'bob', 7), request(3, 'cid', 8)]) queue.add(each);
  assert.deepEqual([queue.next()?.id, queue.next()?.id], [1, 3]);
});

test('pieces of another download are other pieces', () => {
  const queue = new UploadQueue(equalPieces, 2);
  queue.add(request(1, 'ann', 7));
  queue.add({ ...request(2, 'bob', 7), download: 'other file' });
  queue.add(request(3, 'cid', 8));
  assert.deepEqual([queue.next()?.id, queue.next()?.id], [1, 2]);
});

test('a peer gets a second place only while no other waits, and never a third', () => {
  const queue = new UploadQueue(equalPieces, 4);
  for (const id of [1, 2, 3]) queue.add(request(id, 'ann'));
  queue.add(request(4, 'bob'));
  assert.deepEqual(
    [queue.next()?.id, queue.next()?.id, queue.next()?.id, queue.next()],
    [1, 4, 2, undefined],
  );
  assert.deepEqual([queue.activeCount, queue.waitingCount], [3, 1]);
});

test('a request that nothing speaks for is served in the end', () => {
  const knowledge = { holders: () => 1, relays: (_: string, peer: string) => peer !== 'leaf' };
  const queue = new UploadQueue(knowledge, 1);
  queue.add(request(0, 'leaf'));
  let turns = 0;
  for (let id = 1; turns < 1000; turns++) {
    // There are always two fresh requests that go before.
    while (queue.waitingCount < 3) queue.add(request(id++, `peer ${id % 7}`));
    const next = queue.next()!;
    queue.done(next.id, next.bytes);
    if (next.id === 0) break;
  }
  assert.equal(turns, 64);
});

test('a peer that asks for too much is refused, the others are not', () => {
  const queue = new UploadQueue(equalPieces);
  const answers = Array.from({ length: 40 }, (_, id) => queue.add(request(id, 'greedy')));
  assert.equal(answers.filter(Boolean).length, 32);
  assert.equal(queue.add(request(100, 'modest')), true);
});

test('all peers together cannot have more than 1,024 requests waiting', () => {
  const queue = new UploadQueue(equalPieces);
  for (let id = 0; id < 2000; id++) queue.add(request(id, `peer ${id % 100}`));
  assert.equal(queue.waitingCount, 1024);
});

test('a request that was taken back is not served, and makes room when it was being served', () => {
  const queue = new UploadQueue(equalPieces, 1);
  for (const each of [request(1, 'ann'), request(2, 'bob'), request(3, 'cid')]) queue.add(each);
  assert.equal(queue.next()?.id, 1);
  queue.remove(2);
  queue.remove(1);
  assert.equal(queue.next()?.id, 3);
});

test('a peer that is gone is served nothing more', () => {
  const queue = new UploadQueue(equalPieces, 2);
  for (const each of [request(1, 'ann'), request(2, 'ann'), request(3, 'bob')]) queue.add(each);
  queue.next();
  queue.removePeer('ann');
  assert.deepEqual([queue.next()?.id, queue.next()], [3, undefined]);
});

test('an id cannot be used twice at a time', () => {
  const queue = new UploadQueue(equalPieces);
  queue.add(request(1, 'ann'));
  assert.throws(() => queue.add(request(1, 'bob')), RangeError);
});

test('every request that was let in is served once, within the limits', () => {
  const anyStep = fc.oneof(
    fc.record({ add: fc.nat(4), piece: fc.nat(10) }),
    fc.record({ done: fc.nat(20) }),
    fc.constant('next' as const),
  );
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 100 }), (steps) => {
      const queue = new UploadQueue(
        { holders: (_, piece) => piece % 3, relays: (_, peer) => peer !== 'peer 0' },
        3,
      );
      const admitted = new Set<number>();
      const active = new Map<number, UploadRequest>();
      const take = (): boolean => {
        const next = queue.next();
        if (next === undefined) return false;
        assert.ok(admitted.delete(next.id));
        active.set(next.id, next);
        assert.ok(active.size <= 3);
        assert.ok([...active.values()].filter(({ peer }) => peer === next.peer).length <= 2);
        return true;
      };
      const finish = (id: number): void => {
        queue.done(id, MIB);
        active.delete(id);
      };
      steps.forEach((step, id) => {
        if (step === 'next') take();
        else if ('add' in step) {
          if (queue.add(request(id, `peer ${step.add}`, step.piece))) admitted.add(id);
        } else {
          const id = [...active.keys()][step.done];
          if (id !== undefined) finish(id);
        }
      });
      while (admitted.size > 0) {
        while (take());
        for (const id of [...active.keys()]) finish(id);
      }
      assert.equal(queue.next(), undefined);
    }),
  );
});
