import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseSource, isGone, restMs, type SourceState } from './source-choice.ts';

const source = (more: Partial<SourceState> = {}): SourceState => ({
  standing: 'proven',
  trusted: true,
  running: 0,
  rate: 1000,
  restUntilMs: 0,
  failures: 0,
  batch: 0,
  ranges: true,
  ...more,
});
const choose = (
  sources: readonly SourceState[],
  more: { atStart?: boolean; mayReadWhole?: boolean; isLarge?: boolean; tried?: readonly SourceState[] } = {},
) => {
  const { atStart = false, mayReadWhole = false, isLarge = true, tried = [] } = more;
  return chooseSource(sources, { nowMs: 10_000, atStart, mayReadWhole, isLarge, tried: new Set(tried) });
};

test('the source with the fewest transfers for its rate serves', () => {
  const slow = source({ rate: 1000 });
  const fast = source({ rate: 4000, running: 4 });
  assert.equal(choose([slow, fast]).use, slow);
  const faster = source({ rate: 4000, running: 2 });
  assert.equal(choose([slow, faster]).use, faster);
});

test('a source that rests or was tried is passed over, and one without ranges but for the first byte', () => {
  const resting = source({ restUntilMs: 11_000 });
  const tried = source();
  const whole = source({ ranges: false });
  const last = source({ running: 9 });
  assert.equal(choose([resting, tried, whole, last], { tried: [tried] }).use, last);
  assert.equal(choose([resting, tried, whole, last], { tried: [tried], atStart: true }).use, whole);
});

test('alone, a source serves whatever has happened', () => {
  for (const only of [
    source({ restUntilMs: 99_999 }),
    source({ standing: 'lost', restUntilMs: 99_999 }),
    source({ rate: 0 }),
  ])
    assert.deepEqual(choose([only]), { use: only, look: undefined });
});

test('a source without ranges is asked for a part when it may be read as a whole and no other may serve', () => {
  const whole = source({ ranges: false });
  assert.equal(choose([whole]).use, undefined);
  assert.equal(choose([whole, source({ standing: 'lost' })], { mayReadWhole: true }).use, whole);
  assert.equal(choose([whole, source({ restUntilMs: 11_000 })], { mayReadWhole: true }).use?.ranges, true);
});

test('new sources of the user are looked at beside, while it pays', () => {
  const first = source();
  const next = source({ standing: 'new' });
  const stranger = source({ standing: 'new', trusted: false });
  assert.deepEqual(choose([first, stranger, next]), { use: first, look: next });
  assert.equal(choose([first, stranger]).look, undefined);
  assert.equal(choose([first, next], { isLarge: false }).look, undefined);
  assert.equal(choose([first, source({ standing: 'looking' }), next]).look, undefined);
  assert.equal(choose([first, source(), source(), source(), next]).look, undefined);
});

test('when a source was lost, the newest address of the user is the answer to that', () => {
  const lost = source({ standing: 'lost' });
  const old = source({ standing: 'new', batch: 1 });
  const link = source({ standing: 'new', batch: 2 });
  const mirror = source({ standing: 'new', batch: 2 });
  const stranger = source({ standing: 'new', batch: 3, trusted: false });
  assert.deepEqual(choose([lost, old, link, mirror, stranger]), { use: undefined, look: link });
  assert.equal(choose([source(), old, link]).look, old);
  assert.equal(choose([lost, stranger]).look, stranger);
});

test('a short rest is waited out, and others are looked at meanwhile', () => {
  const short = source({ restUntilMs: 12_000 });
  const long = source({ restUntilMs: 60_000 });
  const fresh = source({ standing: 'new' });
  assert.deepEqual(choose([short, fresh]), { use: short, look: fresh });
  assert.deepEqual(choose([long, fresh]), { use: undefined, look: fresh });
});

test('what others name is neither looked at nor used while an address of the user is left', () => {
  const stranger = source({ standing: 'new', trusted: false });
  const proven = source({ trusted: false, rate: 9000 });
  for (const own of [
    source({ running: 9 }),
    source({ restUntilMs: 11_000, failures: 1 }),
    source({ restUntilMs: 99_999, failures: 2 }),
  ]) {
    assert.deepEqual(choose([own, proven, stranger]), { use: own, look: undefined });
    assert.deepEqual(choose([own, proven, stranger], { tried: [own] }), { use: undefined, look: undefined });
  }
  const unseen = source({ standing: 'new', restUntilMs: 11_000, failures: 1 });
  assert.deepEqual(choose([unseen, proven, stranger]), { use: undefined, look: undefined });
  for (const own of [
    source({ standing: 'lost' }),
    source({ standing: 'out' }),
    source({ restUntilMs: 11_000, failures: 3 }),
  ]) {
    assert.equal(choose([own, proven]).use, proven);
    assert.equal(choose([own, stranger]).look, stranger);
  }
});

test('an address that fails again and again may show with one transfer after each rest that it serves', () => {
  const back = source({ failures: 3, restUntilMs: 10_000 });
  const stranger = source({ trusted: false });
  assert.equal(choose([back, stranger]).use, back);
  assert.equal(choose([{ ...back, running: 1 }, stranger]).use, stranger);
  assert.equal(choose([{ ...back, running: 1 }, source({ running: 5 })]).use?.running, 5);
});

test('rests double up to a minute', () => {
  assert.deepEqual([0, 1, 2, 3, 7, 2000].map(restMs), [0, 1000, 2000, 4000, 60_000, 60_000]);
});

test('whatever the sources do, the choice is one that may serve, and nothing better is passed over', () => {
  const anySource: fc.Arbitrary<SourceState> = fc.record({
    standing: fc.constantFrom('proven', 'new', 'looking', 'lost', 'out'),
    trusted: fc.boolean(),
    running: fc.nat(20),
    rate: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined }),
    restUntilMs: fc.constantFrom(0, 9999, 10_001, 12_000, 99_999),
    failures: fc.nat(4),
    batch: fc.nat(3),
    ranges: fc.boolean(),
  });
  const given = fc.record({
    sources: fc.array(anySource, { maxLength: 8 }),
    atStart: fc.boolean(),
    mayReadWhole: fc.boolean(),
    isLarge: fc.boolean(),
    tried: fc.array(fc.nat(7)),
  });
  fc.assert(
    fc.property(given, ({ sources, atStart, mayReadWhole, isLarge, tried }) => {
      const left = new Set(tried.map((i) => sources[i]).filter((one) => one !== undefined));
      const own = sources.filter(({ trusted }) => trusted);
      const mayUse = own.some((one) => !isGone(one, 10_000)) ? own : sources;
      const { use, look } = choose(sources, { atStart, mayReadWhole, isLarge, tried: [...left] });
      const mayServe = ['proven', 'new', 'looking'];
      const others = mayUse.some((one) => one.ranges && mayServe.includes(one.standing));
      const anyWhole = atStart || (mayReadWhole && !others);
      const canServe = (one: SourceState) =>
        one.standing === 'proven' && (one.ranges || anyWhole) && !left.has(one) && mayUse.includes(one);
      const isHealthy = (one: SourceState) =>
        canServe(one) && one.restUntilMs <= 10_000 && !isGone(one, 10_000);
      const healthy = sources.filter(isHealthy);
      if (use !== undefined) assert.ok(canServe(use) || (use.standing === 'lost' && left.size === 0));
      if (healthy.length > 0) assert.ok(use !== undefined && healthy.includes(use));
      if (look !== undefined) {
        assert.ok(look.standing === 'new' && look.restUntilMs <= 10_000 && mayUse.includes(look));
        assert.ok(!sources.some(({ standing }) => standing === 'looking'));
        if (healthy.length > 0) assert.ok(look.trusted && isLarge);
        if (sources.some((one) => one.standing === 'new' && one.trusted && one.restUntilMs <= 10_000))
          assert.ok(look.trusted);
      }
      const isLooking = sources.some(({ standing }) => standing === 'looking');
      const isServed = use !== undefined || look !== undefined || isLooking;
      if (left.size === 0 && sources.some(canServe))
        assert.ok(isServed, 'nobody waits while one could serve');
    }),
    { numRuns: 2000 },
  );
});
