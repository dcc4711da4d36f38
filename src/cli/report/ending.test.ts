import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../app/tally.ts';
import { DragonloadError, type ErrorCode } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { Result, Trust } from '../../core/result.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { errorLines, eventLines, gainLines } from '../text/event-lines.ts';
import { endingLines } from './ending.ts';

const LOOK = { color: false, unicode: true };
const SELF: Trust = { kind: 'self-verified' };

function done(id: number, trust: Trust = SELF): TaskEvent & { type: 'done' } {
  const result: Result = {
    download: String(id),
    id,
    url: `https://example.org/${id}`,
    path: `/tmp/${id}`,
    sizeBytes: 1024,
    sha256: 'ab'.repeat(32),
    trust,
    seconds: 1,
    originBytes: 1024,
    lanBytes: 0,
    aloneSeconds: undefined,
  };
  return { type: 'done', result };
}

function failed(
  id: number | undefined,
  code: ErrorCode = 'origin-missing',
  message = 'No such file.',
): TaskEvent {
  const error = new DragonloadError(code, message, { hint: advice('Check the URL.') });
  return { type: 'error', error, id, url: `https://example.org/${id}` };
}

/** What is said at the end of a run in which this happened, ten seconds after it began. */
function ending(events: readonly TaskEvent[], hasFailed = false): string[] {
  let nowMs = 0;
  const tally = new Tally(() => nowMs);
  for (const event of events) tally.add(event);
  tally.hasFailed = hasFailed;
  nowMs = 10_000;
  return endingLines(tally, LOOK);
}

test('one file ends with what was gained', () => {
  assert.deepEqual(ending([done(1)]), ['1.0 s, 1.0 KiB from the origin, self-verified']);
});

test('many files end with one line of sums', () => {
  const verified: Trust = { kind: 'publisher-verified', by: 'Repr-Digest' };
  assert.deepEqual(ending([done(1), done(2), done(3)]), [
    '3 files, 3.0 KiB in 10 s, 3.0 KiB from origins: all self-verified',
  ]);
  assert.deepEqual(ending([done(1, verified), done(2)]), [
    '2 files, 2.0 KiB in 10 s, 2.0 KiB from origins: 1 publisher-verified, 1 self-verified',
  ]);
});

test('many files of a room end with how much faster it went', () => {
  const shared = (id: number): TaskEvent => {
    const { result } = done(id, { kind: 'room-consistent', auditedShare: 0 });
    return { type: 'done', result: { ...result, originBytes: 512, lanBytes: 512, aloneSeconds: 2.5 } };
  };
  assert.deepEqual(ending([shared(1), shared(2)]), [
    '2 files, 2.0 KiB in 10 s (2.5x as fast as alone), 1.0 KiB from origins, 1.0 KiB over the LAN: all room-consistent (0% audited)',
  ]);
});

test('each failure is named with its number, reason and next step, and how to try again', () => {
  const lines = ending([done(1), failed(2), failed(3, 'link-expired', 'The link has expired.')], true);
  assert.deepEqual(lines.slice(1), [
    '2 downloads failed:',
    '  2 https://example.org/2: No such file.',
    '    Check the URL.',
    '  3 https://example.org/3: The link has expired.',
    '    With a fresh link: dragonload refresh 3 URL, then dragonload resume 3',
    'To try again: dragonload resume 2 3',
  ]);
});

test('a single failure, which has been told, leaves how to try again', () => {
  assert.deepEqual(ending([failed(7)], true), ['To try again: dragonload resume 7']);
  assert.deepEqual(ending([failed(7, 'link-expired')], true), [
    'With a fresh link: dragonload refresh 7 URL, then dragonload resume 7',
  ]);
});

test('what arrived whole and wrong is not resumed but fetched anew', () => {
  assert.deepEqual(ending([failed(7, 'digest-mismatch')], true), [
    'To fetch it anew: dragonload rm 7, then the same command',
  ]);
});

test('a flag that was wrong is not said to go right the next time', () => {
  assert.deepEqual(ending([failed(7, 'usage')], true), []);
});

test('of many failures the first are named, and the command takes them all', () => {
  const lines = ending(
    Array.from({ length: 500 }, (_, i) => failed(i + 1)),
    true,
  );
  assert.equal(lines.length, 1 + 20 * 2 + 2);
  assert.equal(lines.at(-2), '  and 480 more: dragonload ls');
  assert.equal(lines.at(-1), 'To try again: dragonload resume --failed');
});

test('what came right in the end is no failure, nor is a program that was run after it', () => {
  assert.deepEqual(ending([failed(1), done(1), failed(1, 'hook-failed'), failed(2)], true).slice(1), [
    '1 download failed:',
    '  2 https://example.org/2: No such file.',
    '    Check the URL.',
    'To try again: dragonload resume 2',
  ]);
});

test('a run that was broken off lists no failures', () => {
  assert.deepEqual(ending([failed(1)]), []);
});

test('of several downloads an error says which it is about, and a saved file how far it can be trusted', () => {
  assert.equal(eventLines(failed(2), LOOK, true)[0], 'dragonload: 2 2: No such file.');
  assert.equal(eventLines(failed(2), LOOK)[0], 'dragonload: No such file.');
  assert.match(eventLines(done(1), LOOK, true)[0]!, /, self-verified\)$/);
});

test('shares that were compared or audited are in the trust word', () => {
  const trustOf = (trust: Trust): string => gainLines(done(1, trust).result, LOOK)[0]!;
  assert.match(trustOf({ kind: 'imported', comparedShare: 0.999 }), /imported \(99% compared\)$/);
  assert.match(
    trustOf({ kind: 'room-consistent', auditedShare: 0 }),
    /room-consistent \(0% audited\): as the members signed it, with no digest from the publisher to check$/,
  );
});

test('what an origin says in an error cannot steer a terminal', () => {
  const lines = [
    ...errorLines(
      new DragonloadError('origin-failed', 'a\x1b[2J\nb', { hint: advice('\u202Ec') }),
      LOOK,
      'd\re',
    ),
    ...ending([done(1), failed(2, 'origin-failed', 'a\x1b[2J\nb')], true),
  ];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
  for (const line of lines) assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u202e]/);
});
