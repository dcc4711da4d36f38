import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitfield } from '../bitfield.ts';
import { Patience, runToHelpYourself } from './patience.ts';

test('patience is over ten seconds after the last progress, and begins anew', () => {
  const patience = new Patience(0);
  patience.progress(1_000);
  assert.equal(patience.deadline(true), 11_000);
  assert.equal(patience.isOver(10_999), false);
  assert.equal(patience.isOver(11_000), true);
  assert.equal(patience.isOver(11_001), false);
});

test('without hope a member gives up after five seconds, and at once when it is alone', () => {
  const patience = new Patience(0);
  assert.equal(patience.isHopeless(false, false, 100), false);
  assert.equal(patience.deadline(false), 5_100);
  assert.equal(patience.isHopeless(true, false, 200), false);
  assert.equal(patience.deadline(false), undefined);
  assert.equal(patience.isHopeless(false, false, 5_150), false);
  assert.equal(patience.isHopeless(false, false, 10_150), true);
  assert.equal(new Patience(0).isHopeless(false, true, 0), true);
});

test('what a member helps itself to is missing, within the file and not much', () => {
  const held = fc.uniqueArray(fc.nat(19)).map((pieces) => new Bitfield(pieces));
  fc.assert(
    fc.property(held, fc.double({ min: 0, max: 0.999, noNaN: true }), (held, random) => {
      const run = runToHelpYourself(held, 20, random);
      if (!run) return assert.equal(held.count, 20);
      assert.ok(run.start < run.end && run.end <= 20 && run.end - run.start <= 4);
      for (let piece = run.start; piece < run.end; piece++) assert.equal(held.has(piece), false);
    }),
  );
});
