import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LimiterClock, RateLimiter } from './rate-limit.ts';

/** Time that passes when told to. */
class Clock implements LimiterClock {
  nowMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  get timers(): number {
    return this.#timers.length;
  }

  async advance(byMs: number): Promise<void> {
    const untilMs = this.nowMs + byMs;
    for (;;) {
      const next = this.#timers.filter((one) => one.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.nowMs = next.atMs;
      this.#timers = this.#timers.filter((one) => one !== next);
      next.run();
      // Lets whoever was released take again before time goes on.
      await new Promise(setImmediate);
    }
    this.nowMs = untilMs;
  }
}

function limiterAt(rate: number | undefined, burstMs = 0): { clock: Clock; limiter: RateLimiter } {
  const clock = new Clock();
  return { clock, limiter: new RateLimiter(rate, { burstMs, clock }) };
}

test('without a rate nobody waits', () => {
  const { limiter } = limiterAt(undefined);
  assert.equal(limiter.take(1e12), undefined);
});

test('whoever takes more than there is waits until it is paid for', async () => {
  const { clock, limiter } = limiterAt(1000);
  let released = false;
  limiter.take(500)?.then(() => {
    released = true;
  });
  await clock.advance(499);
  assert.equal(released, false);
  await clock.advance(2);
  assert.equal(released, true);
});

test('those who wait are released in order of arrival', async () => {
  const { clock, limiter } = limiterAt(1000);
  const order: number[] = [];
  for (const one of [1, 2, 3]) limiter.take(100)?.then(() => order.push(one));
  await clock.advance(250);
  assert.deepEqual(order, [1, 2]);
  await clock.advance(100);
  assert.deepEqual(order, [1, 2, 3]);
});

test('credit that nobody takes is saved up to the burst and no further', async () => {
  const { clock, limiter } = limiterAt(1000, 100);
  await clock.advance(60_000);
  assert.equal(limiter.take(100), undefined);
  assert.notEqual(limiter.take(1), undefined);
});

test('a higher rate releases those who wait sooner', async () => {
  const { clock, limiter } = limiterAt(10);
  let released = false;
  limiter.take(1000)?.then(() => {
    released = true;
  });
  await clock.advance(1000);
  limiter.setRate(1000);
  await clock.advance(980);
  assert.equal(released, false);
  await clock.advance(20);
  assert.equal(released, true);
});

test('lifting the limit releases everybody at once', async () => {
  const { limiter } = limiterAt(1);
  const waits = [limiter.take(1e9), limiter.take(1e9)];
  limiter.setRate(undefined);
  await Promise.all(waits);
  assert.equal(limiter.take(1), undefined);
});

test('whoever stops waits no longer, and what it took is left for the others to wait for', async () => {
  const { clock, limiter } = limiterAt(1000);
  const stop = new AbortController();
  const order: string[] = [];
  const first = limiter.take(500, stop.signal)?.then(() => order.push('first'));
  limiter.take(500)?.then(() => order.push('second'));
  stop.abort();
  await first;
  await clock.advance(990);
  assert.deepEqual(order, ['first']);
  await clock.advance(20);
  assert.deepEqual(order, ['first', 'second']);
  assert.equal(limiter.take(500, stop.signal), undefined);
});

test('when nobody waits any more no timer is left', () => {
  const { clock, limiter } = limiterAt(1000);
  const stop = new AbortController();
  void limiter.take(500, stop.signal);
  assert.equal(clock.timers, 1);
  stop.abort();
  assert.equal(clock.timers, 0);
});

test('a rate of nothing is refused', () => {
  for (const rate of [0, -1, Number.NaN]) assert.throws(() => new RateLimiter(rate), RangeError);
});

test('several takers together never exceed the rate, and waste none of it', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1000, max: 1_000_000 }), sizes, async (rate, takers) => {
      // The burst takes up what timers of whole milliseconds come late.
      const { clock, limiter } = limiterAt(rate, 20);
      let paidFor = 0;
      const ended = new AbortController();
      for (const bytes of takers) {
        void (async () => {
          while (!ended.signal.aborted) {
            await limiter.take(bytes);
            paidFor += bytes;
          }
        })();
      }
      const seconds = 3 + (3 * takers.reduce((a, b) => a + b, 0)) / rate;
      await clock.advance(seconds * 1000);
      ended.abort();
      limiter.setRate(undefined);
      const possible = rate * (seconds + 0.02);
      const underway = takers.reduce((a, b) => a + b, 0);
      assert.ok(
        paidFor <= possible + 1 && paidFor >= possible - underway - 0.01 * possible,
        `${paidFor} of ${possible}`,
      );
    }),
    { numRuns: 20 },
  );
});
