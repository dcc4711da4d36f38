import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Flow, Fluid, maxMinShares } from './fluid.ts';

const flowOver = (...uses: number[]): Flow => ({ uses, blocked: false, position: 0, target: 1e9, rate: 0 });

test('flows over one link share it equally', () => {
  const flows = [flowOver(0), flowOver(0), flowOver(0)];
  maxMinShares(flows, [30]);
  assert.deepEqual(
    flows.map((flow) => flow.rate),
    [10, 10, 10],
  );
});

test('what a flow cannot use elsewhere goes to the others', () => {
  const flows = [flowOver(0, 1), flowOver(0), flowOver(0)];
  maxMinShares(flows, [30, 4]);
  assert.deepEqual(
    flows.map((flow) => flow.rate),
    [4, 13, 13],
  );
});

test('a blocked flow takes no share', () => {
  const flows = [flowOver(0), { ...flowOver(0), blocked: true }];
  maxMinShares(flows, [30]);
  assert.deepEqual(
    flows.map((flow) => flow.rate),
    [30, 0],
  );
});

test('shares overload no link, and each flow crosses a full one where nobody has more', () => {
  const resources = 5;
  const uses = fc.uniqueArray(fc.nat(resources - 1), { minLength: 1, maxLength: 3 });
  const capacities = fc.array(fc.integer({ min: 0, max: 1000 }), {
    minLength: resources,
    maxLength: resources,
  });
  fc.assert(
    fc.property(fc.array(uses, { maxLength: 12 }), capacities, (all, capacity) => {
      const flows = all.map((each) => flowOver(...each));
      maxMinShares(flows, capacity);
      const load = capacity.map((_, link) =>
        flows.reduce((sum, flow) => sum + (flow.uses.includes(link) ? flow.rate : 0), 0),
      );
      assert.ok(load.every((value, link) => value <= capacity[link]! + 1e-6));
      for (const flow of flows) {
        const held = flow.uses.some((link) => {
          const most = Math.max(
            ...flows.filter((other) => other.uses.includes(link)).map((other) => other.rate),
          );
          return load[link]! >= capacity[link]! - 1e-6 && flow.rate >= most - 1e-6;
        });
        assert.ok(held);
      }
    }),
  );
});

test('a flow arrives when its bytes have passed, also when the rate changes on the way', () => {
  const fluid = new Fluid();
  const link = fluid.addResource(1000);
  const flow = { ...flowOver(link), target: 1000 };
  fluid.add(flow, 0);
  assert.equal(fluid.nextMs(), 1000);
  fluid.setCapacity(link, 500, 400);
  assert.equal(fluid.nextMs(), 400 + 1200);
  assert.deepEqual(fluid.reached(1600), [flow]);
});
