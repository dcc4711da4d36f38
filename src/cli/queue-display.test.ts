import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Pace } from '../app/pace.ts';
import { queueSummary } from '../app/queue-summary.ts';
import type { DownloadState, EngineState, QueueState } from '../app/state.ts';
import { Tally } from '../app/tally.ts';
import { downloadState, engineState, sourceOf } from '../testing/cli/states.ts';
import { JsonReporter } from './report/json.ts';
import { PlainReporter } from './report/plain.ts';
import { renderFrame } from './screen/frame.ts';
import { queueLine, restText } from './screen/queue-text.ts';
import { displayWidth } from './text/text.ts';

const MIB = 1024 * 1024;
const LOOK = { color: false, unicode: true };

/** A queue with so many running, and these counts. */
function queueOf(
  running: number,
  counts: Partial<QueueState> = {},
  fields: Partial<DownloadState> = {},
): EngineState {
  const downloads = Array.from({ length: running }, (_, i) =>
    downloadState({ id: i + 1, fileName: `file-${i}.iso`, originRate: MIB, ...fields }),
  );
  return engineState(downloads, counts);
}

function frame(state: EngineState, columns: number, rows: number): string[] {
  return renderFrame(state, { columns, rows, color: false, unicode: true });
}

test('a queue fits terminals of every size, with its totals always in sight', () => {
  for (const running of [0, 1, 5, 64]) {
    const state = queueOf(running, { waiting: 1000, done: 7, failed: 3 });
    for (const columns of [1, 10, 40, 60, 71, 72, 80, 120, 200]) {
      for (const rows of [1, 2, 3, 5, 24, 60]) {
        const lines = frame(state, columns, rows);
        assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
        for (const line of lines) assert.ok(displayWidth(stripVTControlCharacters(line)) <= columns);
        if (running > 0 && rows >= 3 && columns >= 40)
          assert.match(lines.at(-2)!, /^7 of \d+ files done, 1000 waiting/);
      }
    }
  }
});

test('at 80 by 24 each download has a bar, a share, a rate and a time', () => {
  const lines = frame(queueOf(3, { waiting: 4, failed: 1 }), 80, 24);
  assert.equal(lines.length, 5);
  assert.match(lines[0]!, /^file-0\.iso +\u2588+.\u00B7+ +38% +1\.0 MiB\/s +12 s$/);
  assert.equal(lines[3], '0 of 8 files done, 4 waiting, 1 failed');
  assert.match(lines[4]!, /^1\.1 GiB {2}3\.0 MiB\/s +about .* left$/);
});

test('the names of downloads line up whatever script they are in', () => {
  const [usual] = queueOf(1).downloads;
  const names = ['a', '\u5F20\u4F1F.iso', 'x'.repeat(300), '\x1b[2J\u202E'];
  const downloads = names.map((fileName, i) => ({ ...usual!, id: i + 1, fileName }));
  const lines = frame(engineState(downloads), 80, 24).slice(0, names.length);
  assert.deepEqual(new Set(lines.map(displayWidth)), new Set([79]));
});

test('a download that still asks its origin is in the table', () => {
  assert.match(frame(queueOf(2, {}, { status: 'finding' }), 80, 24)[0]!, /^file-0\.iso .* asking /);
});

test('the time left counts those whose size is not known yet, at the size of the others', () => {
  const summary = queueSummary(queueOf(1, { waiting: 9, heldBytes: 2 * MIB, sizeBytes: 10 * MIB }));
  assert.equal(summary.leftMs, (8 + 9 * 10) * 1000);
  assert.equal(
    queueLine(summary),
    '0 of 10 files done, 9 waiting: 2.0 MiB, 1.0 MiB/s, about 1 min 38 s left',
  );
});

test('when nothing waits the whole is known', () => {
  const summary = queueSummary(queueOf(1, { done: 1, heldBytes: 2 * MIB, sizeBytes: 10 * MIB }));
  assert.equal(queueLine(summary), '1 of 2 files done: 2.0 MiB of 10.0 MiB, 1.0 MiB/s, 8 s left');
});

test('a queue that waits for its time says when it starts', () => {
  const wallMs = new Date(2026, 0, 5, 20, 48).getTime();
  const state = queueOf(0, { waiting: 3, opensAtMs: wallMs + (5 * 60 + 12) * 60_000 });
  assert.equal(restText(state, wallMs), 'Starts at 02:00, in 5 h 12 min');
  const lines = renderFrame(state, { columns: 80, rows: 24, color: false, unicode: true, wallMs });
  assert.deepEqual(lines, ['Starts at 02:00, in 5 h 12 min', '0 of 3 files done, 3 waiting']);
  assert.equal(restText(queueOf(1, { waiting: 3, opensAtMs: wallMs + 5 }), wallMs), undefined);
});

test('a queue of which everything is paused says how it goes on', () => {
  const state = queueOf(0, { paused: 1, done: 2 });
  assert.match(frame(state, 80, 24)[0]!, /^Paused.*dragonload resume --all$/);
  assert.equal(restText(queueOf(0, { paused: 1, waiting: 1 }), 0), undefined);
});

/** A place to write to that keeps its lines. */
function sink(): { write(text: string): void; readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (text) => void lines.push(...text.split('\n').slice(0, -1)) };
}

test('small files make no lines in a log but that they are there', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK);
  let second = 0;
  reporter.watch(
    sourceOf(() => {
      const state = queueOf(5, { waiting: 990 - second, done: second });
      return { ...state, downloads: state.downloads.map((one) => ({ ...one, id: 10 * second + one.id })) };
    }),
  );
  for (; second < 6; second += 1) reporter.tick();
  reporter.close(new Tally());
  assert.equal(stderr.lines.length, 1);
  assert.match(stderr.lines[0]!, /^5 of 995 files done, 985 waiting: /);
});

test('of several downloads a log names those that take longer than a second, once', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK);
  reporter.watch(sourceOf(() => queueOf(2)));
  for (let second = 0; second < 4; second += 1) reporter.tick();
  reporter.close(new Tally());
  assert.deepEqual(stderr.lines, ['Fetching file-0.iso (1.0 GiB)', 'Fetching file-1.iso (1.0 GiB)']);
});

test('a log tells once that the schedule keeps everything waiting', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK);
  const opensAtMs = Date.now() + 60_000;
  reporter.watch(sourceOf(() => queueOf(0, { waiting: 2, opensAtMs })));
  for (let second = 0; second < 10; second += 1) reporter.tick();
  reporter.close(new Tally());
  assert.equal(stderr.lines.length, 1);
  assert.match(stderr.lines[0]!, /^Starts at \d\d:\d\d, in (1 min 00|59) s$/);
});

test('JSON has a line a second for each that runs and one for the queue when it has changed', () => {
  const stdout = sink();
  const reporter = new JsonReporter(stdout, sink(), LOOK);
  reporter.watch(sourceOf(() => queueOf(3, { waiting: 997 })));
  // Twice a second, as the timer does.
  for (let tick = 0; tick < 4; tick += 1) reporter.tick();
  reporter.close();
  const events = stdout.lines.map((line) => (JSON.parse(line) as { event: string }).event);
  assert.deepEqual(events, ['progress', 'progress', 'progress', 'queue', 'progress', 'progress', 'progress']);
  assert.deepEqual(JSON.parse(stdout.lines[3]!), {
    event: 'queue',
    waiting: 997,
    running: 3,
    paused: 0,
    done: 0,
    failed: 0,
    bytes: 3 * 380 * MIB,
    size: 3 * 1000 * MIB,
    rate: 3 * MIB,
  });
});

test('small files have the rate and the time left that their number tells', () => {
  const pace = new Pace();
  const at = (done: number): EngineState =>
    queueOf(0, { running: 5, waiting: 995 - done, done, heldBytes: done * 1024, sizeBytes: done * 1024 });
  for (let second = 0; second <= 20; second += 1) pace.note(at(second * 10), second * 1000);
  assert.equal(pace.filesPerSecond, 10);
  const line = queueLine(queueSummary(at(200), pace));
  assert.equal(line, '200 of 1000 files done, 795 waiting: 200 KiB, 10.0 KiB/s, about 1 min 20 s left');
});

test('the pace forgets what is long past', () => {
  const pace = new Pace();
  pace.note(queueOf(0, { waiting: 1000 }), 0);
  pace.note(queueOf(0, { done: 1000 }), 1000);
  for (let second = 2; second <= 20; second += 1) pace.note(queueOf(0, { done: 1000 }), second * 1000);
  assert.equal(pace.filesPerSecond, 0);
});

test('JSON tells once when the schedule opens, of a single download too', () => {
  const stdout = sink();
  const reporter = new JsonReporter(stdout, sink(), LOOK);
  const opens = Math.ceil(Date.now() / 60_000 + 10) * 60_000;
  reporter.watch(sourceOf(() => queueOf(0, { waiting: 1, opensAtMs: opens })));
  for (let tick = 0; tick < 4; tick += 1) reporter.tick();
  reporter.close();
  assert.equal(stdout.lines.length, 1);
  assert.equal((JSON.parse(stdout.lines[0]!) as { opensAt: string }).opensAt, new Date(opens).toISOString());
});
