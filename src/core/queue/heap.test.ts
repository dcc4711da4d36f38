import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Heap } from './heap.ts';

interface Member {
  place: number;
  key: number;
  readonly id: number;
}

const anySteps = fc.array(
  fc.record({
    do: fc.constantFrom('put', 'remove', 'change'),
    id: fc.nat(15),
    key: fc.nat(30),
  }),
  { maxLength: 80 },
);

test('after any steps the first is the one that a sorted list would have first', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const before = (a: Member, b: Member) => (a.key === b.key ? a.id < b.id : a.key < b.key);
      const heap = new Heap<Member>(before);
      const members = Array.from({ length: 16 }, (_, id): Member => ({ id, key: 0, place: -1 }));
      const inside = new Set<Member>();
      const check = () => {
        const sorted = [...inside].sort((a, b) => (before(a, b) ? -1 : 1));
        assert.equal(heap.first, sorted[0]);
        assert.equal(heap.size, inside.size);
      };
      for (const step of steps) {
        const member = members[step.id]!;
        if (step.do === 'remove') {
          heap.remove(member);
          inside.delete(member);
        } else if (step.do === 'put' || inside.has(member)) {
          member.key = step.key;
          heap.put(member);
          inside.add(member);
        }
        check();
      }
      while (heap.first) {
        inside.delete(heap.first);
        heap.remove(heap.first);
        check();
      }
    }),
    { numRuns: 500 },
  );
});
