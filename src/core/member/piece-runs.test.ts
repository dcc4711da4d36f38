import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DownloadState } from '../download/download-state.ts';
import { Knowledge } from '../download/knowledge.ts';
import type { Offer, PieceRecord } from '../messages.ts';
import { pieceRuns } from './piece-runs.ts';

const PIECE = 100;

function record(piece: number, signer: string): PieceRecord {
  return { piece, sha256: new Uint8Array(32), signer, signature: new Uint8Array(64) };
}

/** A download of so many bytes, of which these pieces are held. */
function download(sizeBytes: number | undefined, held: readonly PieceRecord[] = []): DownloadState {
  const offer: Offer = {
    type: 'offer',
    download: 'd',
    url: 'https://example.org/f',
    fileName: 'f',
    pieceBytes: PIECE,
    ranges: true,
    identity: { sizeBytes, etag: undefined, lastModified: undefined },
    checksum: undefined,
    order: 0,
  };
  const knowledge = new Knowledge();
  knowledge.offered(offer);
  return new DownloadState('me', offer, held, knowledge);
}

test('held pieces are told with who fetched them, as the longest runs', () => {
  const state = download(1000, [record(0, 'me'), record(1, 'me'), record(2, 'bob'), record(9, 'me')]);
  assert.deepEqual(pieceRuns(state), [
    { start: 0, end: 2, kind: 'held', by: 'me' },
    { start: 2, end: 3, kind: 'held', by: 'bob' },
    { start: 9, end: 10, kind: 'held', by: 'me' },
  ]);
});

test('alone nobody is named', () => {
  const state = download(300, [record(0, 'x'), record(1, 'y')]);
  assert.deepEqual(pieceRuns(state, { isAlone: true }), [{ start: 0, end: 2, kind: 'held', by: undefined }]);
});

test('a piece of which one byte is claimed or on disk is active, up to a short last piece', () => {
  const state = download(950, [record(4, 'me')]);
  state.ledger.claim(1, { start: 199, end: 201 }, 'origin');
  state.ledger.claim(2, { start: 949, end: 950 }, 'origin');
  assert.deepEqual(pieceRuns(state), [
    { start: 1, end: 3, kind: 'active', by: undefined },
    { start: 4, end: 5, kind: 'held', by: 'me' },
    { start: 9, end: 10, kind: 'active', by: undefined },
  ]);
});

test('of the missing pieces those that others hold are told', () => {
  const state = download(1000);
  state.knowledge.peerUp('bob');
  state.knowledge.have('bob', { type: 'have', download: 'd', runs: [{ start: 3, end: 6 }], records: [] });
  state.ledger.claim(1, { start: 400, end: 500 }, 'bob');
  assert.deepEqual(pieceRuns(state), [
    { start: 3, end: 4, kind: 'peer', by: undefined },
    { start: 4, end: 5, kind: 'active', by: undefined },
    { start: 5, end: 6, kind: 'peer', by: undefined },
  ]);
});

test('there are no runs while the size is unknown, and none of an empty file', () => {
  const unknown = download(undefined, [record(0, 'me')]);
  unknown.ledger.claim(1, { start: 100, end: 500 }, 'origin');
  assert.deepEqual(pieceRuns(unknown), []);
  assert.deepEqual(pieceRuns(download(0)), []);
});

test('piece by piece the runs say what the ledger says', () => {
  const bytes = fc.tuple(fc.nat(1999), fc.integer({ min: 1, max: 300 }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.uniqueArray(fc.nat(19)),
      fc.array(bytes),
      (size, pieces, claims) => {
        const state = download(
          size,
          pieces.filter((piece) => piece * PIECE < size).map((piece) => record(piece, 'me')),
        );
        for (const [writer, [start, length]] of claims.entries()) {
          const end = Math.min(start + length, size);
          const isFree =
            start < end &&
            state.ledger.gaps({ start, end }).some((gap) => gap.start === start && gap.end === end);
          if (isFree) state.ledger.claim(writer, { start, end }, 'origin');
        }
        const runs = pieceRuns(state);
        const found = Array.from({ length: Math.ceil(size / PIECE) }, (_, piece) => {
          return runs.find((run) => run.start <= piece && piece < run.end)?.kind ?? 'missing';
        });
        assert.deepEqual(
          found,
          found.map((_, piece) => state.ledger.stateOf(piece)),
        );
        for (const [index, run] of runs.entries()) {
          const last = runs[index - 1];
          assert.ok(run.start >= (last?.end ?? 0) && run.end > run.start);
          assert.ok(last === undefined || last.end < run.start || last.kind !== run.kind);
        }
      },
    ),
  );
});
