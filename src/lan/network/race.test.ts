import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllFailed, race } from './race.ts';

const never = () => new Promise<never>(() => {});

test('an attempt that hangs only delays the next, which wins', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const started: string[] = [];
  const attempt = (name: string) => {
    started.push(name);
    return name === 'hangs' ? never() : Promise.resolve(name);
  };
  const winner = race(['hangs', 'answers'], attempt, { staggerMs: 200, discard: () => {} });
  assert.deepEqual(started, ['hangs']);
  t.mock.timers.tick(199);
  assert.deepEqual(started, ['hangs']);
  t.mock.timers.tick(1);
  assert.deepEqual(started, ['hangs', 'answers']);
  assert.equal(await winner, 'answers');
});

test('after a failure the next attempt starts at once', async () => {
  const attempt = (name: string) =>
    name === 'good' ? Promise.resolve(name) : Promise.reject(new Error(name));
  assert.equal(await race(['bad', 'worse', 'good'], attempt, { staggerMs: 1e6, discard: () => {} }), 'good');
});

test('the losers are aborted, and what they still yield is discarded', async () => {
  const slow = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const discarded: string[] = [];
  const attempt = (name: string, signal: AbortSignal) => {
    signals.push(signal);
    return name === 'slow' ? slow.promise : Promise.resolve(name);
  };
  await race(['slow', 'fast'], attempt, { staggerMs: 0, discard: (late) => discarded.push(late) });
  assert.ok(signals[0]!.aborted);
  slow.resolve('late');
  await slow.promise;
  await Promise.resolve();
  assert.deepEqual(discarded, ['late']);
});

test('when all fail the error has every failure in order', async () => {
  const attempt = (name: string) => Promise.reject(new Error(name));
  await assert.rejects(race(['a', 'b'], attempt, { staggerMs: 1e6, discard: () => {} }), (error) => {
    assert.ok(error instanceof AllFailed);
    assert.deepEqual(
      error.failures.map(({ candidate }) => candidate),
      ['a', 'b'],
    );
    return true;
  });
});

test('no candidates are a failure of all of them', async () => {
  await assert.rejects(race([], never, { staggerMs: 1, discard: () => {} }), AllFailed);
});

test('an abort ends the race with its reason and aborts the attempts', async () => {
  const controller = new AbortController();
  let inner: AbortSignal | undefined;
  const attempt = (_: string, signal: AbortSignal) => {
    inner = signal;
    return never();
  };
  const result = race(['a'], attempt, { staggerMs: 1e6, discard: () => {}, signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(result, /enough/);
  assert.ok(inner!.aborted);
});
