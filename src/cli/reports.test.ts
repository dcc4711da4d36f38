import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineState } from '../app/state.ts';
import { Tally } from '../app/tally.ts';
import { DragonloadError } from '../core/errors.ts';
import { advice } from '../core/hint.ts';
import type { Result } from '../core/result.ts';
import { downloadState, engineState, roomState, sourceOf } from '../testing/cli/states.ts';
import { JsonReporter, jsonLine } from './report/json.ts';
import { PlainReporter } from './report/plain.ts';
import { inviteLines, shellQuote } from './screen/invite-card.ts';
import { gainLines } from './text/event-lines.ts';
import { terminalTraits } from './text/terminal.ts';

const LOOK = { color: false, unicode: true };
const RESULT: Result = {
  download: 'd'.repeat(32),
  url: 'https://example.org/disc.iso',
  path: '/home/a/disc.iso',
  sizeBytes: 1000,
  sha256: 'ab'.repeat(32),
  trust: { kind: 'room-consistent', auditedShare: 0.129 },
  seconds: 80.4,
  originBytes: 350,
  lanBytes: 650,
  aloneSeconds: 232,
};

/** A place to write to that keeps its lines. */
function sink(): { write(text: string): void; readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (text) => void lines.push(...text.split('\n').slice(0, -1)) };
}

function jsonReporter(): { reporter: JsonReporter; out: unknown[]; err: string[] } {
  const stdout = sink();
  const stderr = sink();
  const reporter = new JsonReporter(stdout, stderr, LOOK);
  return {
    reporter,
    get out() {
      return stdout.lines.map((line) => JSON.parse(line) as unknown);
    },
    err: stderr.lines,
  };
}

test('the JSON lines of events have the fields of the contract and no others', () => {
  const json = jsonReporter();
  json.reporter.event({ type: 'invite', link: 'dragon://x' });
  json.reporter.event({ type: 'member', change: 'joined', id: 'ff', name: 'bob' });
  json.reporter.event({ type: 'resumed', download: 'd', fileName: 'a.iso', bytes: 5 });
  json.reporter.event({ type: 'notice', message: 'for people' });
  json.reporter.event({ type: 'done', result: RESULT });
  assert.deepEqual(json.out, [
    { event: 'invite', link: 'dragon://x' },
    { event: 'member', change: 'joined', id: 'ff', name: 'bob' },
    {
      event: 'done',
      download: 'd'.repeat(32),
      url: 'https://example.org/disc.iso',
      path: '/home/a/disc.iso',
      size: 1000,
      sha256: 'ab'.repeat(32),
      trust: 'room-consistent (12% audited)',
      seconds: 80.4,
      originBytes: 350,
      lanBytes: 650,
    },
  ]);
  assert.deepEqual(json.err, ['for people']);
});

test('the invite names the command as it was run', () => {
  const line = (environment: NodeJS.ProcessEnv): string | undefined =>
    inviteLines('dragon://x', LOOK, environment).find((text) => text.includes('dragon://x'));
  assert.equal(line({}), "  dragonload join 'dragon://x'");
  assert.equal(line({ npm_command: 'exec' }), "  npx dragonload join 'dragon://x'");
  assert.equal(line({ npm_command: 'test' }), "  dragonload join 'dragon://x'");
});

test('progress tells of the downloads that are under way, an unknown size as null', () => {
  const json = jsonReporter();
  const downloads = [
    downloadState({ id: 1, download: 'a', status: 'done' }),
    downloadState({
      id: 2,
      download: 'b',
      sizeBytes: undefined,
      heldBytes: 7,
      originBytes: 5,
      lanBytes: 2,
      originRate: 1.2,
      lanRate: 2.4,
    }),
  ];
  json.reporter.watch(sourceOf(() => engineState(downloads, { done: 0 })));
  json.reporter.tick();
  json.reporter.close();
  assert.deepEqual(json.out, [
    { event: 'progress', download: 'b', bytes: 7, size: null, originBytes: 5, lanBytes: 2, rate: 4 },
  ]);
});

test('an error is told once, with its next step when it has one', () => {
  const json = jsonReporter();
  const error = new DragonloadError('dns', 'No such host.', { hint: advice('Check the URL.') });
  json.reporter.event({ type: 'error', error });
  json.reporter.error(error);
  json.reporter.error(new DragonloadError('internal', 'Broken.'));
  assert.deepEqual(json.out, [
    { event: 'error', code: 'dns', message: 'No such host.', next: 'Check the URL.' },
    { event: 'error', code: 'internal', message: 'Broken.' },
  ]);
});

test('the same error of several downloads is told for each, and not once more at the end', () => {
  const json = jsonReporter();
  const error = new DragonloadError('dns', 'No such host.');
  for (const id of [1, 2, 2])
    json.reporter.event({ type: 'error', error, id, url: `https://a.example/${id}` });
  json.reporter.error(error);
  assert.deepEqual(json.out, [
    { event: 'error', code: 'dns', message: 'No such host.', id: 1, url: 'https://a.example/1' },
    { event: 'error', code: 'dns', message: 'No such host.', id: 2, url: 'https://a.example/2' },
  ]);
});

test('a name of many lines stays one JSON line', () => {
  const stdout = sink();
  const reporter = new JsonReporter(stdout, sink(), LOOK);
  reporter.event({ type: 'member', change: 'left', id: 'ff', name: 'a\n{"event":"done"}\u2028b' });
  assert.equal(stdout.lines.length, 1);
});

test('plain lines tell of changes, and of progress at once and then every five seconds', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK);
  let state: EngineState = roomState(['alice', 'bob']);
  reporter.watch(sourceOf(() => state));
  for (let second = 0; second < 6; second += 1) reporter.tick();
  state = roomState(['alice', 'bob'], { status: 'checking' });
  reporter.tick();
  reporter.close(new Tally());
  const progress =
    'debian-13.2.0-amd64-DVD-1.iso: 38% of 1.0 GiB, 46.8 MiB/s, origin 12.3 MiB/s, LAN 34.5 MiB/s, 2 members, 12 s left';
  assert.deepEqual(stderr.lines, [
    'Fetching debian-13.2.0-amd64-DVD-1.iso (1.0 GiB)',
    progress,
    progress,
    'Checking debian-13.2.0-amd64-DVD-1.iso',
  ]);
});

test('quiet tells errors and the bare invite', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK, { quiet: true });
  reporter.event({ type: 'invite', link: 'dragon://x' });
  reporter.event({ type: 'member', change: 'joined', id: 'ff', name: 'bob' });
  reporter.event({ type: 'done', result: RESULT });
  reporter.notice('Stopping');
  reporter.error(new DragonloadError('dns', 'No such host.', { hint: advice('Check the URL.') }));
  const tally = new Tally();
  tally.add({ type: 'done', result: RESULT });
  reporter.close(tally);
  assert.deepEqual(stderr.lines, ['dragon://x', 'dragonload: No such host.', '  Check the URL.']);
});

test('the last line states what was gained', () => {
  assert.equal(
    gainLines(RESULT, LOOK).join('|'),
    '1 min 20 s instead of about 3 min 52 s alone (2.9x as fast), 350 B from the origin, 650 B over the LAN, room-consistent (12% audited): as the members signed it, with no digest from the publisher to check',
  );
  const alone: Result = {
    ...RESULT,
    trust: { kind: 'publisher-verified', by: 'Repr-Digest' },
    lanBytes: 0,
    aloneSeconds: undefined,
  };
  assert.deepEqual(gainLines(alone, { ...LOOK, columns: 40 }), [
    '1 min 20 s, 350 B from the origin,',
    '  publisher-verified (Repr-Digest)',
  ]);
});

test('names and paths in plain lines cannot steer a terminal', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK);
  reporter.event({ type: 'member', change: 'joined', id: 'ff', name: 'b\x1b[2Job\n' });
  reporter.event({ type: 'done', result: { ...RESULT, path: '/tmp/\x1b]0;x\x07' } });
  assert.deepEqual(stderr.lines, [
    'b\u00B7[2Job  joined',
    'Saved /tmp/\u00B7]0;x\u00B7 (1.0 KiB, sha256 abababababababab\u2026)',
  ]);
});

test('a word is quoted so that a shell takes it as it is', () => {
  assert.equal(shellQuote("a'b&c"), `'a'\\''b&c'`);
});

test('colour follows FORCE_COLOR, then NO_COLOR, then the terminal', () => {
  const at = (isTTY: boolean, env: Record<string, string>): boolean =>
    terminalTraits({ isTTY } as never, env, 'linux').color;
  assert.equal(at(true, {}), true);
  assert.equal(at(false, {}), false);
  assert.equal(at(true, { NO_COLOR: '1' }), false);
  assert.equal(at(true, { NO_COLOR: '' }), true);
  assert.equal(at(false, { FORCE_COLOR: '1', NO_COLOR: '1' }), true);
  assert.equal(at(true, { FORCE_COLOR: '0' }), false);
  assert.equal(at(true, { TERM: 'dumb' }), false);
});

test('Unicode follows the first locale variable that is set', () => {
  const at = (env: Record<string, string>): boolean => terminalTraits({} as never, env, 'linux').unicode;
  assert.equal(at({ LANG: 'en_US.UTF-8' }), true);
  assert.equal(at({ LANG: 'en_US.UTF-8', LC_ALL: 'C' }), false);
  assert.equal(at({ LANG: 'C.utf8', TERM: 'linux' }), false);
  assert.equal(at({}), false);
});

test('a line of --json says the same and steers no terminal', () => {
  const value = { name: 'a\x1b[31m\x9b31m\u202eb\u2028c\ufeffd' };
  const line = jsonLine(value);
  assert.match(line, /^[\x20-\x7e]+$/);
  assert.deepEqual(JSON.parse(line), value);
});
