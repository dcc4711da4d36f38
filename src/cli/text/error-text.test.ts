import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintSentence } from '../../core/hint.ts';
import { HINTS } from '../../testing/errors/hints.ts';
import { FLAGS } from '../flags/flags.ts';
import { nextStep, ownSource, withNextStep } from './error-text.ts';

test('every kind of hint has words: a sentence, or a command to copy', () => {
  for (const hint of HINTS) {
    const words = nextStep(hint);
    assert.match(words, /^[A-Z][^\n]+(\.|run: dragonload [^\n]+|: --import "[^\n]+")$/, hint.kind);
    assert.doesNotMatch(words, /undefined/, hint.kind);
  }
});

test('what the command line can do names a flag or a command that exists', () => {
  const known = new Set(FLAGS.map(({ long }) => long));
  for (const hint of HINTS) {
    for (const [flag] of nextStep(hint).matchAll(/--[a-z-]+/g))
      assert.ok(known.has(flag), `${hint.kind} names ${flag}`);
  }
  assert.match(nextStep({ kind: 'choose-name', path: '/d/f' }), /--output/);
  assert.match(nextStep({ kind: 'run-again' }), /same command/);
});

test('a step that is the same everywhere has the words of the core', () => {
  assert.equal(nextStep({ kind: 'try-later' }), hintSentence({ kind: 'try-later' }));
});

test('a fresh link goes to the download that the error is about', () => {
  assert.match(nextStep({ kind: 'refresh-link', id: 3 }, 7), /dragonload refresh 3 URL$/);
  assert.match(nextStep({ kind: 'refresh-link' }, 7), /dragonload refresh 7 URL$/);
  assert.match(nextStep({ kind: 'refresh-link' }), /dragonload refresh ID URL$/);
});

test('a notice ends with its step, if it has one', () => {
  assert.equal(withNextStep('It rests.', undefined), 'It rests.');
  assert.equal(withNextStep('It rests.', { kind: 'try-later' }), 'It rests. Try again later.');
});

test('a checksum of the command line is told as its flag', () => {
  assert.equal(ownSource('sha256 from the given checksum'), 'sha256 from --checksum');
  assert.equal(ownSource('sha256 from the list'), 'sha256 from the list');
});
