import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry, MAX_PIECES } from './geometry.ts';
import { Ledger, type PieceState } from './ledger.ts';
import { toRuns } from './ranges.ts';

const PIECE = 4;

type Change =
  | { readonly do: 'claim'; readonly writer: number; readonly start: number; readonly length: number }
  | { readonly do: 'fill'; readonly writer: number; readonly length: number }
  | { readonly do: 'trim'; readonly writer: number; readonly length: number }
  | { readonly do: 'release'; readonly writer: number }
  | { readonly do: 'hold'; readonly piece: number }
  | { readonly do: 'reset'; readonly piece: number };

const anyChange = (bytes: number): fc.Arbitrary<Change> => {
  const writer = fc.nat(3);
  const length = fc.integer({ min: 1, max: 14 });
  const piece = fc.nat(Math.ceil(bytes / PIECE) - 1);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('claim'), writer, start: fc.nat(bytes), length }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('fill'), writer, length }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('trim'), writer, length }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release'), writer }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('hold'), piece }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reset'), piece }) },
  ) as fc.Arbitrary<Change>;
};

/** The same books kept byte by byte. A byte is absent, claimed by the writer of that number, filled, or held. */
class Model {
  readonly bytes: (number | 'absent' | 'filled' | 'held')[];
  readonly sources: Set<string>[] = [];
  readonly claims = new Map<number, { start: number; end: number }>();

  constructor(bytes: number) {
    this.bytes = new Array(bytes).fill('absent');
    for (let i = 0; i * PIECE < bytes; i++) this.sources.push(new Set());
  }

  ofPiece(piece: number): readonly (number | string)[] {
    return this.bytes.slice(piece * PIECE, (piece + 1) * PIECE);
  }

  stateOf(piece: number): PieceState {
    const bytes = this.ofPiece(piece);
    if (bytes.every((byte) => byte === 'held')) return 'held';
    if (bytes.every((byte) => byte === 'filled')) return 'full';
    return bytes.every((byte) => byte === 'absent') ? 'missing' : 'active';
  }

  absentFrom(start: number): number {
    let end = start;
    while (this.bytes[end] === 'absent') end++;
    return end;
  }

  offsets(is: (byte: number | string) => boolean): number[] {
    return this.bytes.flatMap((byte, offset) => (is(byte) ? [offset] : []));
  }
}

function apply(change: Change, ledger: Ledger, model: Model): void {
  if (change.do === 'claim') {
    const { writer, start } = change;
    const end = start + change.length;
    if (model.claims.has(writer) || model.absentFrom(start) < end) {
      assert.throws(() => ledger.claim(writer, { start, end }, `from ${writer}`), RangeError);
      return;
    }
    ledger.claim(writer, { start, end }, `from ${writer}`);
    model.claims.set(writer, { start, end });
    model.bytes.fill(writer, start, end);
  } else if (change.do === 'fill') {
    const claim = model.claims.get(change.writer);
    if (claim === undefined) {
      assert.throws(() => ledger.fill(change.writer, { start: 0, end: 1 }), RangeError);
      return;
    }
    const { start } = claim;
    const end = Math.min(start + change.length, claim.end);
    const before = model.sources.map((_, piece) => model.stateOf(piece));
    model.bytes.fill('filled', start, end);
    claim.start = end;
    for (let offset = start; offset < end; offset++) {
      model.sources[Math.floor(offset / PIECE)]!.add(`from ${change.writer}`);
    }
    const full = model.sources.flatMap((_, piece) =>
      model.stateOf(piece) === 'full' && before[piece] !== 'full' ? [piece] : [],
    );
    assert.deepEqual(ledger.fill(change.writer, { start, end: start + change.length }), full);
  } else if (change.do === 'trim') {
    const claim = model.claims.get(change.writer);
    if (claim === undefined) return;
    const end = Math.max(Math.min(claim.start + change.length - 1, claim.end), claim.start);
    model.bytes.fill('absent', end, claim.end);
    claim.end = end;
    assert.deepEqual(ledger.trim(change.writer, claim.start + change.length - 1), {
      start: claim.start,
      end,
    });
  } else if (change.do === 'release') {
    const claim = model.claims.get(change.writer);
    if (claim !== undefined) model.bytes.fill('absent', claim.start, claim.end);
    model.claims.delete(change.writer);
    ledger.release(change.writer);
  } else if (change.do === 'hold') {
    if (model.stateOf(change.piece) !== 'full') {
      assert.throws(() => ledger.hold(change.piece), RangeError);
      return;
    }
    ledger.hold(change.piece);
    model.bytes.fill('held', change.piece * PIECE, (change.piece + 1) * PIECE);
    model.sources[change.piece]!.clear();
  } else {
    for (let i = change.piece * PIECE; i < (change.piece + 1) * PIECE && i < model.bytes.length; i++) {
      if (typeof model.bytes[i] === 'string') model.bytes[i] = 'absent';
    }
    ledger.reset(change.piece);
    model.sources[change.piece]!.clear();
  }
}

function compare(ledger: Ledger, model: Model): void {
  model.sources.forEach((sources, piece) => {
    assert.equal(ledger.stateOf(piece), model.stateOf(piece));
    assert.deepEqual(ledger.sourcesOf(piece), sources);
    const bytes = model.ofPiece(piece).flatMap((byte, i) => (byte === 'absent' ? [piece * PIECE + i] : []));
    assert.deepEqual(ledger.gapsOf(piece), toRuns(bytes));
    assert.equal(
      ledger.isFilled(ledger.geometry.bytesOfRun({ start: piece, end: piece + 1 })),
      ['full', 'held'].includes(model.stateOf(piece)),
    );
  });
  const held = model.sources.flatMap((_, piece) => (model.stateOf(piece) === 'held' ? [piece] : []));
  assert.deepEqual([...ledger.held], held);
  assert.equal(ledger.heldCount, held.length);
  assert.equal(ledger.heldBytes, model.offsets((byte) => byte === 'held').length);
  assert.equal(ledger.filledBytes, model.offsets((byte) => byte === 'filled').length);
  assert.equal(ledger.claimedBytes, model.offsets((byte) => typeof byte === 'number').length);
  assert.equal(ledger.isComplete, ledger.geometry.sizeBytes === ledger.heldBytes);
  for (const [writer, claim] of model.claims) assert.deepEqual(ledger.remaining(writer), claim);
  const open = [...model.claims.values()].filter(({ start, end }) => start < end);
  assert.equal([...ledger.claims()].length, open.length);
}

test('the ledger keeps the same books as one kept byte by byte', () => {
  const anyCase = fc
    .integer({ min: 1, max: 33 })
    .chain((size) => fc.tuple(fc.constant(size), fc.array(anyChange(size), { maxLength: 60 })));
  fc.assert(
    fc.property(anyCase, ([size, changes]) => {
      const ledger = new Ledger(new Geometry(size, PIECE));
      const model = new Model(size);
      for (const change of changes) {
        apply(change, ledger, model);
        compare(ledger, model);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a size that becomes known late drops what lies past it and keeps the rest', () => {
  const span = 32;
  fc.assert(
    fc.property(
      fc.array(anyChange(span), { maxLength: 40 }),
      fc.integer({ min: 0, max: span }),
      (changes, size) => {
        const ledger = new Ledger(new Geometry(undefined, PIECE));
        const before = new Model(span);
        // Without a size a claim past the span is no error: keep to claims inside.
        const inside = changes.filter(
          (change) => change.do !== 'claim' || change.start + change.length <= span,
        );
        for (const change of inside) apply(change, ledger, before);

        const full = ledger.setGeometry(new Geometry(size, PIECE));

        const after = new Model(size);
        after.sources.forEach((sources, piece) => {
          const state = before.stateOf(piece);
          const cut = (piece + 1) * PIECE > size;
          for (let i = piece * PIECE; i < Math.min((piece + 1) * PIECE, size); i++) {
            after.bytes[i] = cut && (state === 'full' || state === 'held') ? 'absent' : before.bytes[i]!;
          }
          if (after.stateOf(piece) === 'full' && state !== 'full') assert.deepEqual(full, [piece]);
          // Where the bytes came from that lay past the end is no longer of interest.
          if (after.ofPiece(piece).includes('filled'))
            for (const source of before.sources[piece]!) sources.add(source);
        });
        for (const [writer, claim] of before.claims) {
          after.claims.set(writer, {
            start: claim.start,
            end: Math.max(claim.start, Math.min(claim.end, size)),
          });
        }
        for (const piece of full) assert.equal(before.stateOf(piece), 'active');
        compare(ledger, after);
      },
    ),
    { numRuns: 1000 },
  );
});

test('pieces that arrive in any order complete the file', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.infiniteStream(fc.nat(1000)), (size, order) => {
      const geometry = new Geometry(size, PIECE);
      const ledger = new Ledger(geometry);
      const left = Array.from({ length: geometry.pieceCount! }, (_, piece) => piece);
      for (let writer = 0; left.length > 0; writer++) {
        const piece = left.splice(order.next().value! % left.length, 1)[0]!;
        const [bytes] = ledger.gapsOf(piece);
        assert.equal(ledger.isComplete, false);
        ledger.claim(writer, bytes!, 'origin');
        assert.deepEqual(ledger.fill(writer, bytes!), [piece]);
        ledger.release(writer);
        ledger.hold(piece);
      }
      assert.equal(ledger.isComplete, true);
      assert.equal(ledger.heldBytes, size);
    }),
  );
});

test('pieces held from the start cannot be claimed again', () => {
  const ledger = new Ledger(new Geometry(10, PIECE), [2, 0, 0]);
  assert.equal(ledger.heldBytes, 6);
  assert.deepEqual(ledger.gaps({ start: 0, end: 10 }), [{ start: 4, end: 8 }]);
  assert.throws(() => ledger.claim(1, { start: 3, end: 8 }, 'origin'), RangeError);
  ledger.claim(1, { start: 4, end: 8 }, 'origin');
});

test('a held piece that the file does not have is refused', () => {
  assert.throws(() => new Ledger(new Geometry(10, PIECE), [3]), RangeError);
});

test('an empty file is complete at once, one of unknown size never', () => {
  assert.equal(new Ledger(new Geometry(0)).isComplete, true);
  assert.equal(new Ledger(new Geometry(undefined)).isComplete, false);
});

test('a byte out of turn is refused', () => {
  const ledger = new Ledger(new Geometry(10, PIECE));
  ledger.claim(1, { start: 0, end: 8 }, 'origin');
  assert.throws(() => ledger.fill(1, { start: 1, end: 2 }), RangeError);
  assert.equal(ledger.filledBytes, 0);
});

test('bytes that a trim crossed on their way are left out', () => {
  const ledger = new Ledger(new Geometry(100, PIECE));
  ledger.claim(1, { start: 0, end: 40 }, 'origin');
  ledger.trim(1, 6);
  ledger.claim(2, { start: 6, end: 8 }, 'somebody');
  assert.deepEqual(ledger.fill(1, { start: 0, end: 12 }), [0]);
  assert.deepEqual(ledger.fill(1, { start: 12, end: 16 }), []);
  assert.deepEqual(ledger.fill(2, { start: 6, end: 8 }), [1]);
  assert.deepEqual([...ledger.sourcesOf(1)], ['origin', 'somebody']);
});

test('the size of pieces and a known size cannot change', () => {
  const ledger = new Ledger(new Geometry(10, PIECE));
  assert.throws(() => ledger.setGeometry(new Geometry(10, PIECE * 2)), RangeError);
  assert.throws(() => ledger.setGeometry(new Geometry(11, PIECE)), RangeError);
  assert.throws(() => ledger.setGeometry(new Geometry(undefined, PIECE)), RangeError);
  assert.deepEqual(ledger.setGeometry(new Geometry(10, PIECE)), []);
});

test('a stream of unknown length claims all that may come', () => {
  const ledger = new Ledger(new Geometry(undefined, PIECE));
  ledger.claim(1, { start: 0, end: MAX_PIECES * PIECE }, 'origin');
  assert.deepEqual(ledger.fill(1, { start: 0, end: 10 }), [0, 1]);
  assert.equal(ledger.stateOf(MAX_PIECES - 1), 'active');
  assert.deepEqual(ledger.setGeometry(new Geometry(10, PIECE)), [2]);
  assert.deepEqual(ledger.remaining(1), { start: 10, end: 10 });
});
