import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HINTS } from '../testing/errors/hints.ts';
import { advice, hintSentence } from './hint.ts';
import { HINT_KINDS, readHint } from './read-hint.ts';

test('every kind of hint has whole sentences that name nothing of one face', () => {
  for (const hint of HINTS) {
    const words = hintSentence(hint);
    assert.match(words, /^[A-Z][^\n]+\.$/, hint.kind);
    assert.doesNotMatch(words, /undefined|(^|\s)--|dragonload [a-z]+\b|command|Ctrl/, hint.kind);
  }
  assert.deepEqual(new Set(HINTS.map(({ kind }) => kind)), new Set(HINT_KINDS));
});

test('a hint says what it knows', () => {
  assert.match(hintSentence({ kind: 'leave-part', path: '/d/f' }), /leave the part file/);
  assert.match(hintSentence({ kind: 'warn-member', name: 'Alice' }), /the user of Alice/);
  assert.equal(hintSentence(advice('Write a number.')), 'Write a number.');
});

test('a hint survives JSON', () => {
  for (const hint of HINTS) assert.deepEqual(readHint(JSON.parse(JSON.stringify(hint))), hint);
});

test('what is no hint is not read as one', () => {
  const wrong = [
    undefined,
    null,
    'run-again',
    [],
    {},
    { kind: 'unknown' },
    { kind: 'constructor' },
    { kind: '__proto__' },
    { kind: 'advice' },
    { kind: 'advice', text: 7 },
    { kind: 'update', who: 'nobody' },
    { kind: 'choose-home', path: '/d' },
    { kind: 'choose-port', port: '80' },
    { kind: 'other-address', isKept: 'yes' },
    { kind: 'refresh-link', id: '7' },
  ];
  for (const value of wrong) assert.equal(readHint(value), undefined, JSON.stringify(value));
});

test('fields that a hint does not have are left out', () => {
  assert.deepEqual(readHint({ kind: 'try-later', path: '/d', html: '<b>' }), { kind: 'try-later' });
});
