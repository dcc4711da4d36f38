import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, OriginOutcome } from '../contract.ts';
import { Geometry } from '../geometry.ts';
import { Ledger } from '../ledger.ts';
import type { ByteRange } from '../ranges.ts';
import { OriginStreams } from './origin-streams.ts';

const PIECE = 256 * 1024;
const FILE = 40 * PIECE;

function desk(size: number | 'unknown' = FILE) {
  const ledger = new Ledger(new Geometry(size === 'unknown' ? undefined : size, PIECE));
  const commands: Command[] = [];
  const changes: ByteRange[] = [];
  let writers = 0;
  const streams = new OriginStreams({
    download: 'd0',
    ledger,
    ranges: true,
    random: () => 0.5,
    nextWriter: () => ++writers,
    emit: (command) => commands.push(command),
    changed: (range) => changes.push(range),
  });
  const end = (stream: number, outcome: OriginOutcome, nowMs = 0) =>
    streams.ended({ type: 'origin-ended', download: 'd0', stream, outcome, retryAfterMs: undefined }, nowMs);
  return { ledger, commands, changes, streams, end };
}

test('a stream is asked for and its bytes are claimed', () => {
  const { streams, ledger, commands } = desk();
  streams.open({ start: PIECE, end: 3 * PIECE }, 0);
  assert.deepEqual(commands, [{ type: 'fetch', download: 'd0', stream: 1, start: PIECE, end: 3 * PIECE }]);
  assert.equal(ledger.claimedBytes, 2 * PIECE);
  assert.equal(streams.leftBytes, 2 * PIECE);
});

test('while the size is unknown a stream is asked for to the end of the file', () => {
  const { streams, commands } = desk('unknown');
  streams.open({ start: 0, end: 100 * PIECE }, 0);
  assert.deepEqual(commands, [{ type: 'fetch', download: 'd0', stream: 1, start: 0, end: undefined }]);
});

test('bytes fill the ledger, and the pieces that become full are returned', () => {
  const { streams, ledger } = desk();
  streams.open({ start: 0, end: 3 * PIECE }, 0);
  assert.deepEqual(streams.moved(1, { start: 0, end: PIECE + 5 }, 10), [0]);
  assert.equal(ledger.filledIn({ start: 0, end: FILE }), PIECE + 5);
});

test('what comes beyond the end of a trimmed stream is not taken', () => {
  const { streams, ledger, commands } = desk();
  streams.open({ start: 0, end: 3 * PIECE }, 0);
  const [stream] = streams;
  streams.trim(stream!, PIECE);
  assert.deepEqual(commands.at(-1), { type: 'trim', download: 'd0', stream: 1, end: PIECE });
  assert.deepEqual(streams.moved(1, { start: 0, end: 2 * PIECE }, 10), [0]);
  assert.equal(ledger.filledIn({ start: 0, end: FILE }), PIECE);
  assert.equal(ledger.claimedBytes, 0);
});

test('a stream is never made longer', () => {
  const { streams, commands } = desk();
  streams.open({ start: 0, end: PIECE }, 0);
  const [stream] = streams;
  streams.trim(stream!, 2 * PIECE);
  assert.equal(commands.length, 1);
});

test('what an ended stream did not bring is nobody’s any more, and its piece is looked at anew', () => {
  const { streams, ledger, changes, end } = desk();
  streams.open({ start: 0, end: 2 * PIECE }, 0);
  streams.moved(1, { start: 0, end: 100 }, 10);
  assert.equal(end(1, 'broken')?.position, 100);
  assert.equal(ledger.claimedBytes, 0);
  assert.equal(streams.size, 0);
  assert.deepEqual(changes.at(-1), { start: 99, end: 2 * PIECE });
  assert.equal(end(1, 'broken'), undefined);
});

test('a stream is stopped once, and counts until it has ended', () => {
  const { streams, commands, end } = desk();
  streams.open({ start: 0, end: PIECE }, 0);
  streams.stopAll();
  streams.stopAll();
  assert.equal(commands.filter(({ type }) => type === 'stop-fetch').length, 1);
  assert.equal(streams.size, 1);
  assert.equal(streams.lookAtMs, undefined, 'nothing is to be looked at any more');
  end(1, 'stopped');
  assert.equal(streams.size, 0);
});

test('only streams that are open when there is news are outdated', () => {
  const { streams } = desk();
  streams.open({ start: 0, end: PIECE }, 0);
  streams.outdate();
  streams.open({ start: PIECE, end: 2 * PIECE }, 0);
  assert.deepEqual(
    [...streams].map(({ isOutdated }) => isOutdated),
    [true, false],
  );
});

test('a split takes the back of a stream away and returns it, without gap or overlap', () => {
  const { streams, commands } = desk();
  streams.open({ start: 0, end: FILE }, 0);
  for (let ms = 100; ms <= 2_000; ms += 100) {
    streams.moved(1, { start: (ms - 100) * 1_000, end: ms * 1_000 }, ms);
    streams.stopCrawlers(ms);
  }
  const range = streams.split(1, false, 2_000)!;
  assert.equal(range.end, FILE);
  assert.deepEqual(commands.at(-1), { type: 'trim', download: 'd0', stream: 1, end: range.start });
  assert.ok(range.start > 2_000_000 && range.start < FILE);
});

test('no stream goes past the end of the file once that is known', () => {
  const { streams } = desk('unknown');
  streams.open({ start: 0, end: 100 * PIECE }, 0);
  streams.sizeKnown(5 * PIECE);
  assert.equal(streams.leftBytes, 5 * PIECE);
});
