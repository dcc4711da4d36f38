import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitfield } from '../bitfield.ts';
import { Patience, runForSelfLease } from './patience.ts';

test('after ten seconds without progress a member helps itself, and the waiting begins anew', () => {
  const patience = new Patience(0);
  patience.progress(1_000);
  assert.equal(patience.deadline(true), 11_000);
  assert.equal(patience.selfLeaseSize(10_999), 0);
  assert.ok(patience.selfLeaseSize(11_000) > 0);
  assert.equal(patience.selfLeaseSize(11_001), 0);
});

test('whoever waits in vain waits shorter and takes more, up to a limit, until it is given something to do', () => {
  const patience = new Patience(0);
  const helpings: number[] = [];
  for (let i = 0; i < 12; i++) helpings.push(patience.selfLeaseSize(patience.deadline(true)!));
  assert.deepEqual(helpings.slice(0, 4), [4, 8, 16, 32]);
  assert.deepEqual(helpings.slice(-2), [1_024, 1_024]);
  assert.equal(patience.deadline(true), 10_000 + 12 * 1_000);
  patience.granted();
  assert.equal(patience.deadline(true), 10_000 + 11 * 1_000 + 10_000);
  assert.equal(patience.selfLeaseSize(40_000), 4);
});

test('without hope a member gives up after five seconds, and at once when nobody else is there', () => {
  const patience = new Patience(0);
  assert.equal(patience.outlook(false, 'present', 0, 100), 'good');
  assert.equal(patience.deadline(false), 5_100);
  assert.equal(patience.outlook(true, 'present', 0, 200), 'good');
  assert.equal(patience.deadline(false), undefined);
  assert.equal(patience.outlook(false, 'present', 0, 5_150), 'good');
  assert.equal(patience.outlook(false, 'present', 0, 10_150), 'none');
  assert.equal(new Patience(0).outlook(false, 'none', 0, 0), 'none');
});

test('those who were lost are given half a minute to come back', () => {
  const patience = new Patience(0);
  assert.equal(patience.outlook(false, 'lost', 0, 0), 'good');
  assert.equal(patience.outlook(false, 'lost', 0, 29_999), 'good');
  assert.equal(patience.outlook(false, 'lost', 0, 30_000), 'none');
});

test('a link that has expired is given as long as the user says to be replaced, even when nobody else is there', () => {
  const patience = new Patience(0);
  assert.equal(patience.outlook(false, 'none', 60_000, 100), 'link');
  assert.equal(patience.deadline(false), 60_100);
  assert.equal(patience.outlook(false, 'none', 60_000, 60_099), 'link');
  assert.equal(patience.outlook(false, 'none', 60_000, 60_100), 'none');
});

test('only when the others have had their time a fresh link is all that there is to hope for', () => {
  const patience = new Patience(0);
  assert.equal(patience.outlook(false, 'present', 60_000, 0), 'good');
  assert.equal(patience.deadline(false), 5_000);
  assert.equal(patience.outlook(false, 'present', 60_000, 5_000), 'link');
  assert.equal(patience.deadline(false), 60_000);
  assert.equal(patience.outlook(true, 'present', 60_000, 6_000), 'good');
});

test('what a member helps itself to is missing, within the file and no more than it may', () => {
  const held = fc.uniqueArray(fc.nat(19)).map((pieces) => new Bitfield(pieces));
  fc.assert(
    fc.property(
      held,
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (held, most, random) => {
        const run = runForSelfLease(held, 20, most, random);
        if (!run) return assert.equal(held.count, 20);
        assert.ok(run.start < run.end && run.end <= 20 && run.end - run.start <= most);
        for (let piece = run.start; piece < run.end; piece++) assert.equal(held.has(piece), false);
      },
    ),
  );
});

test('behind slow uplinks an idle link fetches again, after a second and only where it is worth while', () => {
  const MIB = 2 ** 20;
  const pace = { waiting: true, missingBytes: 100 * MIB, lanRate: MIB, originRate: 2 * MIB, pieceBytes: MIB };
  const patience = new Patience(0);
  assert.equal(patience.helpingOut(pace, 0), 0);
  assert.equal(patience.helpingOut(pace, 999), 0);
  assert.equal(patience.helpingOut(pace, 1_000), 4);
  assert.equal(patience.helpingOut({ ...pace, missingBytes: 14 * MIB }, 1_100), 0);
  assert.equal(patience.helpingOut({ ...pace, originRate: MIB / 2 }, 1_200), 0);
  assert.equal(patience.helpingOut({ ...pace, waiting: false }, 1_300), 0);
  assert.equal(patience.helpingOut(pace, 1_400), 0);
});
