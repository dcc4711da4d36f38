import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PieceRecord } from '../messages.ts';
import { type Evidence, judgePiece } from './verdict.ts';

const right = new Uint8Array(32).fill(1);
const wrong = new Uint8Array(32).fill(2);
const record: PieceRecord = { piece: 3, sha256: right, signer: 'x', signature: new Uint8Array(64) };

function judge(sources: readonly string[], evidence: Partial<Evidence> = {}) {
  return judgePiece({
    sha256: right,
    sources: new Set(sources),
    record: undefined,
    arriving: false,
    ...evidence,
  });
}

test('what came from the origin is signed, whatever others have signed', () => {
  assert.deepEqual(judge(['origin']), { kind: 'sign' });
  assert.deepEqual(judge(['origin'], { record }), { kind: 'sign' });
  assert.deepEqual(judge(['origin'], { record, sha256: wrong }), { kind: 'sign' });
});

test('what came from members is kept when it is what its fetcher signed', () => {
  assert.deepEqual(judge(['a'], { record }), { kind: 'keep', record });
  assert.deepEqual(judge(['a', 'b'], { record }), { kind: 'keep', record });
  assert.deepEqual(judge(['origin', 'b'], { record }), { kind: 'keep', record });
});

test('a single sender of something else is named, several are not', () => {
  assert.deepEqual(judge(['a'], { record, sha256: wrong }), { kind: 'discard', culprit: 'a' });
  assert.deepEqual(judge(['a', 'b'], { record, sha256: wrong }), { kind: 'discard', culprit: undefined });
  assert.deepEqual(judge(['origin', 'a'], { record, sha256: wrong }), {
    kind: 'discard',
    culprit: undefined,
  });
});

test('without a record a piece waits for it while its transfer goes on, and no longer', () => {
  assert.deepEqual(judge(['a'], { arriving: true }), { kind: 'wait' });
  assert.deepEqual(judge(['a']), { kind: 'discard', culprit: undefined });
});

test('a piece whose end a helper fetched is signed by the member that began it', () => {
  assert.deepEqual(judge(['origin', 'helper']), { kind: 'sign' });
});
