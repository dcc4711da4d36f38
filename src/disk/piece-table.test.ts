import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry } from '../core/geometry.ts';
import { PieceTable } from './piece-table.ts';

const PIECE = 256 * 1024;

test('the frontier is the first piece that is not kept', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200)), (order) => {
      const table = new PieceTable();
      const kept = new Set<number>();
      for (const piece of order) {
        table.keep(piece);
        kept.add(piece);
        let first = 0;
        while (kept.has(first)) first++;
        assert.equal(table.frontier, first);
        assert.equal(table.keptCount, kept.size);
        assert.ok(table.isKept(piece) && !table.isKept(201));
      }
    }),
  );
});

test('a piece is hashed on its way only if the hash is that of its last content', () => {
  const geometry = new Geometry(PIECE);
  const quarter = PIECE / 4;
  const step = fc.record({ stream: fc.integer({ min: 1, max: 3 }), at: fc.nat(3), hashed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const table = new PieceTable();
      const onDisk: (number | undefined)[] = [];
      const hashing = new Map<number, (number | undefined)[]>();
      for (const [serial, { stream, at, hashed }] of steps.entries()) {
        const writing = table.write(stream, at * quarter, (at + 1) * quarter, geometry);
        onDisk[at] = serial;
        assert.equal(table.hashOf(0), undefined);
        if (writing === 'hash') {
          const seen = at === 0 ? [] : (hashing.get(stream) ?? []);
          assert.equal(seen.length, at);
          seen.push(serial);
          hashing.set(stream, seen);
          if (at === 3) assert.deepEqual(seen, onDisk);
        }
        if (hashed) table.hashed(0, new Uint8Array(32), table.writesOf(0));
      }
    }),
    { numRuns: 2000 },
  );
});

test('a hash that was overtaken by a write is not remembered', () => {
  const table = new PieceTable();
  const geometry = new Geometry(PIECE);
  table.write(1, 0, PIECE, geometry);
  const writes = table.writesOf(0);
  table.write(2, 5, 6, geometry);
  table.hashed(0, new Uint8Array(32), writes);
  assert.equal(table.hashOf(0), undefined);
  table.keep(0);
  assert.equal(table.write(3, 0, 10, geometry), 'skip');
});
