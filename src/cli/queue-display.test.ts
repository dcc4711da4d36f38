import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { DownloadView, QueueView, View } from '../core/view.ts';
import { aloneView, downloadView } from '../testing/cli/views.ts';
import { JsonReporter } from './report/json.ts';
import { PlainReporter } from './report/plain.ts';
import { Tally } from './report/tally.ts';
import { renderFrame } from './screen/frame.ts';
import { Pace } from './screen/pace.ts';
import { queueLine, queueState, restText } from './screen/queue-state.ts';
import { displayWidth } from './text/text.ts';

const MIB = 1024 * 1024;
const LOOK = { color: false, unicode: true };

/** A queue with so many running, and these counts. */
function queueView(
  running: number,
  counts: Partial<QueueView> = {},
  fields: Partial<DownloadView> = {},
): View {
  const downloads = Array.from({ length: running }, (_, i) =>
    downloadView({ id: `d${i}`, fileName: `file-${i}.iso`, lanRate: 0, originRate: MIB, ...fields }),
  );
  const queue = { waiting: 0, running, paused: 0, done: 0, failed: 0, ...counts };
  return { ...aloneView(), downloads, queue };
}

function frame(view: View, columns: number, rows: number): string[] {
  return renderFrame(view, { columns, rows, color: false, unicode: true });
}

test('a queue fits terminals of every size, with its totals always in sight', () => {
  for (const running of [0, 1, 5, 64]) {
    const view = queueView(running, { waiting: 1000, done: 7, failed: 3 });
    for (const columns of [1, 10, 40, 60, 71, 72, 80, 120, 200]) {
      for (const rows of [1, 2, 3, 5, 24, 60]) {
        const lines = frame(view, columns, rows);
        assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
        for (const line of lines) assert.ok(displayWidth(stripVTControlCharacters(line)) <= columns);
        if (running > 0 && rows >= 3 && columns >= 40)
          assert.match(lines.at(-2)!, /^7 of \d+ files done, 1000 waiting/);
      }
    }
  }
});

test('at 80 by 24 each download has a bar, a share, a rate and a time', () => {
  const lines = frame(queueView(3, { waiting: 4, failed: 1 }), 80, 24);
  assert.equal(lines.length, 5);
  assert.match(lines[0]!, /^file-0\.iso +\u2588+.\u00B7+ +38% +1\.0 MiB\/s +12 s$/);
  assert.equal(lines[3], '0 of 8 files done, 4 waiting, 1 failed');
  assert.match(lines[4]!, /^1\.1 GiB {2}3\.0 MiB\/s +about .* left$/);
});

test('the names of downloads line up whatever script they are in', () => {
  const view = queueView(1);
  const names = ['a', '\u5F20\u4F1F.iso', 'x'.repeat(300), '\x1b[2J\u202E'];
  const downloads = names.map((fileName, i) => ({ ...view.downloads[0]!, id: `${i}`, fileName }));
  const lines = frame({ ...view, downloads }, 80, 24).slice(0, names.length);
  assert.deepEqual(new Set(lines.map(displayWidth)), new Set([79]));
});

test('a download that still asks its origin is in the table', () => {
  assert.match(frame(queueView(2, {}, { phase: 'waiting' }), 80, 24)[0]!, /^file-0\.iso .* asking /);
});

test('the time left counts those whose size is not known yet, at the size of the others', () => {
  const state = queueState(queueView(1, { waiting: 9, heldBytes: 2 * MIB, sizeBytes: 10 * MIB }));
  assert.equal(state.leftMs, (8 + 9 * 10) * 1000);
  assert.equal(queueLine(state), '0 of 10 files done, 9 waiting: 2.0 MiB, 1.0 MiB/s, about 1 min 38 s left');
});

test('when nothing waits the whole is known', () => {
  const state = queueState(queueView(1, { done: 1, heldBytes: 2 * MIB, sizeBytes: 10 * MIB }));
  assert.equal(queueLine(state), '1 of 2 files done: 2.0 MiB of 10.0 MiB, 1.0 MiB/s, 8 s left');
});

test('a queue that waits for its time says when it starts', () => {
  const wallMs = new Date(2026, 0, 5, 20, 48).getTime();
  const view = queueView(0, { waiting: 3, opensInMs: (5 * 60 + 12) * 60_000 });
  assert.equal(restText(view, wallMs), 'Starts at 02:00, in 5 h 12 min');
  const lines = renderFrame(view, { columns: 80, rows: 24, color: false, unicode: true, wallMs });
  assert.deepEqual(lines, ['Starts at 02:00, in 5 h 12 min', '0 of 3 files done, 3 waiting']);
  assert.equal(restText(queueView(1, { waiting: 3, opensInMs: 5 }), wallMs), undefined);
});

test('a queue of which everything is paused says how it goes on', () => {
  const view = queueView(0, { paused: 1, done: 2 });
  assert.match(frame(view, 80, 24)[0]!, /^Paused.*dragonload resume --all$/);
  assert.equal(restText(queueView(0, { paused: 1, waiting: 1 }), 0), undefined);
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
  reporter.watch({
    view: () => {
      const view = queueView(5, { waiting: 990 - second, done: second });
      return { ...view, downloads: view.downloads.map((one) => ({ ...one, id: `${second} ${one.id}` })) };
    },
  });
  for (; second < 6; second += 1) reporter.tick();
  reporter.close(new Tally());
  assert.equal(stderr.lines.length, 1);
  assert.match(stderr.lines[0]!, /^5 of 995 files done, 985 waiting: /);
});

test('of several downloads a log names those that take longer than a second, once', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK);
  reporter.watch({ view: () => queueView(2) });
  for (let second = 0; second < 4; second += 1) reporter.tick();
  reporter.close(new Tally());
  assert.deepEqual(stderr.lines, ['Fetching file-0.iso (1.0 GiB)', 'Fetching file-1.iso (1.0 GiB)']);
});

test('a log tells once that the schedule keeps everything waiting', () => {
  const stderr = sink();
  const reporter = new PlainReporter(stderr, LOOK);
  let opensInMs = 60_000;
  reporter.watch({ view: () => queueView(0, { waiting: 2, opensInMs }) });
  for (; opensInMs > 50_000; opensInMs -= 1000) reporter.tick();
  reporter.close(new Tally());
  assert.equal(stderr.lines.length, 1);
  assert.match(stderr.lines[0]!, /^Starts at \d\d:\d\d, in 1 min 00 s$/);
});

test('JSON has a line a second for each that runs and one for the queue when it has changed', () => {
  const stdout = sink();
  const reporter = new JsonReporter(stdout, sink(), LOOK);
  reporter.watch({ view: () => queueView(3, { waiting: 997 }) });
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
  const at = (done: number): View =>
    queueView(0, { running: 5, waiting: 995 - done, done, heldBytes: done * 1024, sizeBytes: done * 1024 });
  for (let second = 0; second <= 20; second += 1) pace.note(at(second * 10), second * 1000);
  assert.equal(pace.filesPerSecond, 10);
  const line = queueLine(queueState(at(200), pace));
  assert.equal(line, '200 of 1000 files done, 795 waiting: 200 KiB, 10.0 KiB/s, about 1 min 20 s left');
});

test('the pace forgets what is long past', () => {
  const pace = new Pace();
  pace.note(queueView(0, { done: 0 }), 0);
  pace.note(queueView(0, { done: 1000 }), 1000);
  for (let second = 2; second <= 20; second += 1) pace.note(queueView(0, { done: 1000 }), second * 1000);
  assert.equal(pace.filesPerSecond, 0);
});

test('JSON tells once when the schedule opens, of a single download too', () => {
  const stdout = sink();
  const reporter = new JsonReporter(stdout, sink(), LOOK);
  const opens = Math.ceil(Date.now() / 60_000 + 10) * 60_000;
  reporter.watch({ view: () => queueView(0, { waiting: 1, opensInMs: opens - Date.now() }) });
  for (let tick = 0; tick < 4; tick += 1) reporter.tick();
  reporter.close();
  assert.equal(stdout.lines.length, 1);
  assert.equal((JSON.parse(stdout.lines[0]!) as { opensAt: string }).opensAt, new Date(opens).toISOString());
});
