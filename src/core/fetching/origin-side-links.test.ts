import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FILE, OriginDesk, PIECE } from '../../testing/member/origin-desk.ts';
import { act } from '../../testing/member/origin-side-desk.ts';
import { Geometry } from '../geometry.ts';

test('the end of a piece that another member has fetched cuts the stream that was to bring it', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, PIECE);
  desk.deliver(desk.firstStream, 1_000);
  assert.equal(
    desk.side.fragment({ start: PIECE - 100, end: PIECE }),
    undefined,
    'too little to be worth it',
  );
  assert.equal(desk.side.fragment({ start: 100_000, end: PIECE - 1 }), undefined, 'not the end of a piece');
  assert.deepEqual(desk.side.fragment({ start: 100_000, end: PIECE }), { start: 100_000, end: PIECE });
  assert.deepEqual(desk.fetching, [[1_000, 100_000]]);
});

test('of a fragment that begins before the stream stands only the rest is taken', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, PIECE);
  desk.deliver(desk.firstStream, 150_000);
  assert.deepEqual(desk.side.fragment({ start: 100_000, end: PIECE }), { start: 150_000, end: PIECE });
});

test('a tail is told of as soon as its bytes are there, and is over', () => {
  const desk = new OriginDesk();
  desk.grant(1, PIECE - 50_000, PIECE, 'tail');
  assert.deepEqual(desk.fetching, [[PIECE - 50_000, PIECE]]);
  desk.deliver(desk.firstStream);
  const tails = desk.end(desk.firstStream, 'complete');
  assert.deepEqual(
    tails.map(({ lease }) => lease),
    [1],
  );
  assert.equal(desk.side.leases.size, 0);
});

test('an origin without ranges is read by one stream', () => {
  const desk = new OriginDesk({ ranges: false });
  desk.grant(1, 0, FILE);
  for (let i = 0; i < 10; i++) {
    desk.nowMs += 500;
    desk.deliver(desk.firstStream, PIECE);
    desk.side.schedule(desk.nowMs);
    assert.equal(desk.open.size, 1);
  }
});

test('a file of unknown length is read to wherever it ends, and no lease goes past that', () => {
  const desk = new OriginDesk({ ranges: false, sizeBytes: undefined });
  desk.grant(1, 0, Number.MAX_SAFE_INTEGER);
  assert.deepEqual(desk.fetching, [[0, Number.POSITIVE_INFINITY]]);
  desk.deliver(desk.firstStream, 2 * PIECE + 7);
  for (const piece of desk.ledger.setGeometry(new Geometry(2 * PIECE + 7, PIECE))) desk.ledger.hold(piece);
  desk.side.sizeKnown(2 * PIECE + 7);
  desk.end(desk.firstStream, 'complete');
  assert.equal(desk.ledger.isComplete, true);
  assert.equal(desk.side.leases.size, 0);
});

test('the origin is asked over more connections as long as that pays, without gaps or overlaps', () => {
  const desk = new OriginDesk({ sizeBytes: 8_000 * PIECE });
  let most = 0;
  let granted = 0;
  for (let step = 0; step < 200; step++) {
    desk.nowMs += 25;
    for (; desk.side.leases.wants > 0; granted++)
      desk.grant(granted + 1, granted * 40 * PIECE, (granted + 1) * 40 * PIECE);
    // Every connection brings the same: more of them bring more.
    for (const id of [...desk.open.keys()]) desk.deliver(id, 128 * 1024);
    for (const [id, { position, end }] of [...desk.open]) if (position >= end) desk.end(id, 'complete');
    desk.side.schedule(desk.nowMs);
    most = Math.max(most, desk.open.size);
    const spans = desk.fetching;
    for (let i = 1; i < spans.length; i++) assert.ok(spans[i - 1]![1] <= spans[i]![0]);
  }
  // One more than allowed while another is about to end.
  assert.ok(most === 4 || most === 5, `${most}`);
});

test('a member that is refused stops, gives its leases back and says why', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 4 * PIECE);
  desk.end(desk.firstStream, 'refused');
  assert.equal(desk.side.canFetch, false);
  assert.equal(desk.side.refusal?.message, 'it was refused');
  assert.equal(desk.side.leases.size, 0);
  desk.grant(2, 0, PIECE);
  assert.deepEqual(desk.fetching, []);
  assert.equal(desk.side.leases.size, 0);
});

test('what the origin says of an old link after there is a fresh one is about the past', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 4 * PIECE);
  desk.side.revive();
  desk.end(desk.firstStream, 'expired');
  assert.equal(desk.side.canFetch, true);
  assert.deepEqual(desk.fetching, [[0, 4 * PIECE]]);
  desk.end(desk.firstStream, 'expired');
  assert.equal(desk.side.canFetch, false);
});

test('a busy origin is left alone for as long as it asks', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 4 * PIECE);
  desk.end(desk.firstStream, 'busy', 20_000);
  assert.deepEqual(desk.fetching, []);
  assert.ok(desk.side.deadline()! >= 20_000);
  desk.wait();
  assert.equal(desk.fetching.length, 1);
});

test('seven attempts in a row without a byte are enough, and a byte in between begins the count anew', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 4 * PIECE);
  for (let i = 0; i < 6; i++) {
    desk.end(desk.firstStream, 'broken');
    desk.wait();
  }
  desk.deliver(desk.firstStream, 1);
  for (let i = 0; i < 7; i++) {
    assert.equal(desk.side.canFetch, true);
    desk.end(desk.firstStream, 'broken');
    desk.wait();
  }
  assert.equal(desk.side.canFetch, true, 'the one that brought a byte was not fruitless');
  desk.end(desk.firstStream, 'broken');
  assert.equal(desk.side.canFetch, false);
});

test('a file that came twice from its first byte and ended where it had ended before does not come a third time', () => {
  const desk = new OriginDesk({ ranges: false });
  desk.grant(1, 0, FILE);
  desk.deliver(desk.firstStream, FILE - 10);
  desk.end(desk.firstStream, 'broken');
  for (let i = 0; i < 2; i++) {
    desk.wait();
    assert.equal(desk.side.canFetch, true);
    const stream = desk.firstStream;
    desk.open.delete(stream);
    desk.side.ended(
      {
        type: 'origin-ended',
        download: 'd0',
        stream,
        outcome: 'broken',
        retryAfterMs: undefined,
        reachedStart: true,
      },
      desk.nowMs,
    );
    desk.side.schedule(desk.nowMs);
  }
  assert.equal(desk.side.canFetch, false);
});

test('connections that break together are one attempt', () => {
  const desk = new OriginDesk({ first: 4 });
  desk.grant(1, 0, 8 * PIECE);
  for (let i = 0; i < 6; i++) {
    assert.ok(desk.open.size > 1);
    for (const id of [...desk.open.keys()]) desk.end(id, 'broken');
    desk.wait();
  }
  assert.equal(desk.side.canFetch, true);
});

test('bytes of a piece that turned out wrong are fetched again', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 2 * PIECE);
  const id = desk.firstStream;
  desk.side.bytes({ type: 'origin-bytes', download: 'd0', stream: id, start: 0, end: 2 * PIECE }, 1);
  desk.end(id, 'complete');
  desk.ledger.hold(1);
  desk.ledger.reset(0);
  desk.side.schedule(2);
  desk.side.schedule(3);
  assert.deepEqual(desk.fetching, [[0, PIECE]]);
});

test('stopping ends every stream and forgets every lease', () => {
  const desk = new OriginDesk();
  desk.grant(1, 0, 4 * PIECE);
  desk.side.stop();
  assert.deepEqual([...desk.stopped], [...desk.open.keys()]);
  assert.equal(desk.side.leases.size, 0);
});

test('whatever happens, no byte is fetched twice, and what is left of the leases comes in the end', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const desk = new OriginDesk();
      desk.grant(1, 0, 6 * PIECE);
      desk.grant(2, 6 * PIECE, 11 * PIECE);
      desk.grant(3, 11 * PIECE, FILE);
      const left = new Map([
        [1, 6 * PIECE],
        [2, 11 * PIECE],
        [3, FILE],
      ]);
      const settle = (id: number): void => {
        const { position, end } = desk.open.get(id)!;
        if (position >= end) desk.end(id, 'complete');
      };
      for (const step of acts) {
        const ids = [...desk.open.keys()];
        const id = 'which' in step ? ids[step.which % Math.max(1, ids.length)] : undefined;
        if (step.do === 'deliver' && id !== undefined) {
          desk.deliver(id, step.bytes);
          settle(id);
        } else if (step.do === 'break' && id !== undefined) desk.end(id, 'broken');
        else if (step.do === 'revoke') {
          const end = Math.min(step.piece * PIECE, left.get(step.lease)!);
          left.set(step.lease, end);
          desk.side.revoke(step.lease, end, desk.nowMs);
        } else if (step.do === 'fragment') {
          const end = desk.ledger.geometry.endOf(step.piece);
          const start = Math.max(desk.ledger.geometry.startOf(step.piece), end - step.bytes);
          const pulled = desk.side.fragment({ start, end });
          // The pull fails, and gives the bytes up again.
          if (pulled) {
            desk.ledger.claim(1_000_000, pulled, 'peer');
            desk.ledger.release(1_000_000);
          }
        } else if (step.do === 'have') {
          desk.onLan.add(step.piece);
          desk.side.skip([{ start: step.piece, end: step.piece + 1 }]);
        } else if (step.do === 'wait') desk.nowMs += step.ms;
        desk.side.schedule(desk.nowMs);
        for (const open of [...desk.open.keys()]) settle(open);
        if (!desk.side.canFetch) return;
      }
      // Nobody has anything after all: it is all for the origin.
      desk.onLan.clear();
      for (let i = 0; i < 200 && (desk.open.size > 0 || desk.side.leases.size > 0); i++) {
        desk.wait();
        for (const id of [...desk.open.keys()]) desk.finish(id);
        desk.nowMs += 100;
        desk.side.schedule(desk.nowMs);
      }
      assert.equal(desk.open.size, 0);
      const sorted = desk.delivered.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start);
      for (let i = 1; i < sorted.length; i++)
        assert.ok(sorted[i - 1]!.end <= sorted[i]!.start, 'fetched twice');
      let start = 0;
      for (const [, end] of left) {
        if (end > start) assert.ok(desk.ledger.isFilled({ start, end }), `${start} to ${end} was left`);
        start = [6 * PIECE, 11 * PIECE, FILE].find((limit) => limit > start)!;
      }
      assert.equal(desk.ledger.claimedBytes, 0);
    }),
    { numRuns: 200 },
  );
});
