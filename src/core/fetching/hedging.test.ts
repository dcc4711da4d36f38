import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Track } from '../../testing/splitfire/track.ts';
import { LOOK_MS, SlowStreamWatch } from './hedging.ts';
import { StreamPace } from './stream-pace.ts';

const MB = 1_000_000;

test('a stream that crawls beside others is found within a second, and only that one', () => {
  const track = new Track();
  for (let i = 0; i < 8; i++) track.open(i === 3 ? 0.01 * MB : MB);
  const found = track.run(3_000);
  assert.deepEqual(
    found.map(({ id, isOneTooMany }) => [id, isOneTooMany]),
    [[3, false]],
  );
  assert.ok(found[0]!.atMs <= 1_000, `${found[0]!.atMs} ms`);
});

test('one that begins to crawl on the way is found within a second', () => {
  const track = new Track();
  const streams = [MB, MB, MB].map((rate) => track.open(rate));
  track.run(5_000);
  streams[1]!.rate = 0.01 * MB;
  const [found] = track.run(3_000);
  assert.equal(found?.id, streams[1]!.id);
  assert.ok(found.atMs - 5_000 <= 1_000, `${found.atMs} ms`);
});

test('streams that share a link unevenly are left alone', () => {
  const track = new Track();
  for (const rate of [MB, 0.4 * MB, 0.7 * MB, 0.5 * MB]) track.open(rate);
  assert.deepEqual(track.run(20_000), []);
});

test('half of the others is no crawl, a fifth of them is one after a longer look', () => {
  const track = new Track();
  for (const rate of [MB, MB, 0.2 * MB]) track.open(rate);
  const [found] = track.run(10_000);
  assert.equal(found?.id, 2);
  assert.ok(found.atMs >= 1_500, `${found.atMs} ms`);
});

test('a request that takes long to its first byte is given longer than one that has begun', () => {
  const track = new Track();
  for (let i = 0; i < 4; i++) track.open(MB);
  track.open(0);
  const [found] = track.run(5_000);
  assert.equal(found?.id, 4);
  assert.ok(found.atMs >= 1_500, `${found.atMs} ms`);
});

test('a stream that is about to end anyway is let run out', () => {
  const track = new Track();
  for (let i = 0; i < 3; i++) track.open(MB);
  track.open(0.05 * MB, 60_000);
  assert.deepEqual(track.run(1_100), []);
});

test('the only stream is compared with what the origin brought before', () => {
  const track = new Track();
  const stream = track.open(4 * MB);
  track.run(5_000);
  stream.rate = 0.04 * MB;
  const [found] = track.run(5_000);
  assert.equal(found?.id, stream.id);
  assert.ok(found.atMs - 5_000 <= 2_000, `${found.atMs} ms`);
});

test('a slow stream that is alone and was never faster is asked for again three times, at growing distances', () => {
  const track = new Track();
  const times: number[] = [];
  for (let i = 0; i < 4; i++) {
    track.open(0.05 * MB);
    const openedMs = track.nowMs;
    const [found] = track.run(60_000, true);
    if (found) times.push(Math.round((found.atMs - openedMs) / 1_000));
  }
  assert.deepEqual(times, [5, 10, 20]);
});

test('nobody doubts a stream that is alone when its end is near, before it has begun, or when it would have to begin anew', () => {
  const silent = new Track();
  silent.open(0);
  assert.deepEqual(silent.run(30_000), []);
  const near = new Track();
  near.open(0.05 * MB, 0.6 * MB);
  assert.deepEqual(near.run(30_000), []);
  const whole = new Track(new SlowStreamWatch(new StreamPace(), false));
  whole.open(0.05 * MB);
  assert.deepEqual(whole.run(30_000), []);
});

test('when all crawl together they are asked for again, though none is slower than the others', () => {
  const track = new Track();
  const streams = [MB, MB].map((rate) => track.open(rate));
  track.run(3_000);
  for (const stream of streams) stream.rate = 0.01 * MB;
  const found = track.run(5_000);
  assert.deepEqual(found.map(({ id }) => id).slice(0, 2), [0, 1]);
});

test('after four retries in a row there is one more each fifteen seconds', () => {
  const track = new Track();
  for (let i = 0; i < 8; i++) track.open(MB);
  let found = 0;
  const crawl = () => {
    track.open(0.01 * MB);
    found += track.run(2_500, true).length;
  };
  for (let i = 0; i < 5; i++) crawl();
  assert.equal(found, 4);
  assert.equal(track.run(15_000, true).length, 1);
});

test('with the retries used up, one that brings nothing while others move is one too many', () => {
  const track = new Track();
  for (let i = 0; i < 4; i++) track.open(MB);
  for (let i = 0; i < 4; i++) {
    track.open(0.01 * MB);
    assert.equal(track.run(1_200, true).length, 1);
  }
  const stream = track.open(MB);
  track.run(1_000);
  stream.rate = 0;
  const [found] = track.run(6_000, true);
  assert.deepEqual([found?.id, found?.isOneTooMany], [stream.id, true]);
});

test('without ranges a new request is given the time to come to its place', () => {
  const asks = (ranges: boolean) => {
    const track = new Track(new SlowStreamWatch(new StreamPace(), ranges));
    const first = track.open(MB);
    track.run(3_000);
    track.close(first);
    // It passes over 20 MB, and nothing is to be heard of it meanwhile.
    track.open(0, 50 * MB, 20 * MB);
    return track.run(40_000).length;
  };
  assert.ok(asks(true) > 0);
  assert.equal(asks(false), 0);
});

test('without ranges a stream may stand for seconds, since all that it has brought would come again, but not for good', () => {
  const asks = (ranges: boolean, stillMs: number) => {
    const track = new Track(new SlowStreamWatch(new StreamPace(), ranges));
    const stream = track.open(10 * MB, 500 * MB);
    assert.deepEqual(track.run(3_000), []);
    stream.rate = 0;
    return track.run(stillMs).length;
  };
  assert.ok(asks(true, 3_000) > 0);
  assert.equal(asks(false, 3_000), 0);
  assert.ok(asks(false, 12_000) > 0);
});

test('without ranges a slower stream is given up only if a new one brings the rest much sooner', () => {
  const asks = (bytes: number) => {
    const track = new Track(new SlowStreamWatch(new StreamPace(), false));
    const stream = track.open(10 * MB, bytes);
    assert.deepEqual(track.run(10_000), []);
    stream.rate = MB / 2;
    return track.run(12_000).length;
  };
  // Some 100 MB come again in any case: for 15 MB more it is not worth it, for 2 GB it is.
  assert.equal(asks(115 * MB), 0);
  assert.ok(asks(2_000 * MB) > 0);
});

test('it does not look at each event', () => {
  const hedging = new SlowStreamWatch();
  hedging.look([], 1_000);
  assert.equal(hedging.lookAtMs, 1_000 + LOOK_MS);
  hedging.look([], 1_000 + LOOK_MS - 1);
  assert.equal(hedging.lookAtMs, 1_000 + LOOK_MS);
});
