import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Trust } from '../core/result.ts';
import { trustFrom, trustWord } from './trust-text.ts';

test('what the list says of a file is read again as it was written, with shares rounded down', () => {
  const all: readonly [Trust, string][] = [
    [{ kind: 'self-verified' }, 'self-verified'],
    [{ kind: 'publisher-verified', by: 'the earlier download' }, 'publisher-verified'],
    [{ kind: 'room-consistent', auditedShare: 0.5 }, 'room-consistent (50% audited)'],
    [{ kind: 'imported', comparedShare: 0.25 }, 'imported (25% compared)'],
    [{ kind: 'mirrored', comparedShare: 0.01 }, 'mirrored (1% compared)'],
  ];
  for (const [trust, word] of all) {
    assert.equal(trustWord(trust), word);
    assert.deepEqual(trustFrom(word), trust);
  }
  assert.equal(trustWord({ kind: 'mirrored', comparedShare: 0.999 }), 'mirrored (99% compared)');
});
