import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Track } from '../../testing/splitfire/track.ts';
import { splitLast } from './splitting.ts';

const MB = 1_000_000;
const PIECE = 256 * 1024;

function splitOf(track: Track, spare: number, wholePieces = false) {
  const options = { spare, pieceBytes: PIECE, wholePieces };
  return splitLast(track.hedging.pace, [...track.runners.values()], options, track.nowMs);
}

test('the rest of the stream that would end last is shared so that both parts end together', () => {
  const track = new Track();
  track.open(MB, 10 * MB);
  const last = track.open(MB, 20 * MB, 10 * MB);
  track.run(2_000);
  const cut = splitOf(track, 1)!;
  assert.equal(cut.id, last.id);
  const left = { own: cut.at - last.position, other: last.end - cut.at };
  assert.ok(Math.abs(left.own - left.other) < 0.2 * left.own || left.own < left.other, JSON.stringify(left));
  assert.ok(left.own > 0 && left.other > 0);
});

test('of a crawling stream nearly all is given away', () => {
  const track = new Track();
  for (let i = 0; i < 7; i++) track.open(MB, 4 * MB, i * 4 * MB);
  const crawler = track.open(0.01 * MB, 4 * MB, 28 * MB);
  track.run(3_000);
  for (const runner of [...track.runners.values()]) if (runner !== crawler) track.close(runner);
  let spare = 7;
  for (; spare > 0; spare--) {
    const cut = splitOf(track, spare);
    if (!cut) break;
    assert.equal(cut.id, crawler.id);
    track.runners.set(crawler.id, { ...track.runners.get(crawler.id)!, end: cut.at });
    track.hedging.pace.opened(track.open(MB, 4 * MB - cut.at, cut.at));
  }
  assert.ok(track.runners.get(crawler.id)!.end - crawler.position < 0.1 * MB);
});

test('a stream that has just begun to crawl is judged by what it brings now', () => {
  const track = new Track();
  const stream = track.open(MB, 10 * MB);
  const other = track.open(MB, 10 * MB, 10 * MB);
  track.run(8_000);
  track.close(other);
  stream.rate = 0.01 * MB;
  track.run(400);
  const cut = splitOf(track, 1)!;
  assert.ok(stream.end - cut.at > 0.9 * (stream.end - stream.position), `${cut.at}`);
});

test('nothing is cut when the others would not be faster', () => {
  const track = new Track();
  track.open(MB, 2.1 * MB);
  track.run(2_000);
  assert.equal(splitOf(track, 1), undefined);
  assert.equal(splitOf(new Track(), 4), undefined);
});

test('nothing is cut without a connection to spare', () => {
  const track = new Track();
  track.open(MB, 20 * MB);
  track.run(2_000);
  assert.equal(splitOf(track, 0), undefined);
});

test('among members a stream is cut where a piece begins', () => {
  const track = new Track();
  track.open(MB, 20 * MB);
  track.run(2_000);
  assert.equal(splitOf(track, 1, true)!.at % PIECE, 0);
  assert.notEqual(splitOf(track, 2, false)!.at % PIECE, 0);
});
