import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../app/tally.ts';
import type { Result } from '../../core/result.ts';
import { aloneState, downloadState, engineState, roomState, sourceOf } from '../../testing/cli/states.ts';
import { FakeTerminal } from '../../testing/cli/tty.ts';
import { LiveDisplay } from '../report/display.ts';
import { Screen } from './screen.ts';

const RESULT: Result = {
  download: 'd',
  url: 'https://example.org/disc.iso',
  path: '/tmp/disc.iso',
  sizeBytes: 1024,
  sha256: 'ab'.repeat(32),
  trust: { kind: 'self-verified' },
  seconds: 1,
  originBytes: 1024,
  lanBytes: 0,
  aloneSeconds: undefined,
};

test('a block is redrawn in place, whether it grows or shrinks', () => {
  const terminal = new FakeTerminal(40, 20);
  const screen = new Screen(terminal);
  screen.draw(['one', 'two']);
  screen.draw(['one', '2', 'three']);
  assert.equal(terminal.text(), 'one\n2\nthree');
  screen.draw(['1']);
  assert.equal(terminal.text(), '1');
});

test('a frame is one write, an unchanged frame none, and unchanged rows are not written again', () => {
  const terminal = new FakeTerminal(40, 20);
  const screen = new Screen(terminal);
  screen.draw(['title', 'row']);
  screen.draw(['title', 'row']);
  assert.equal(terminal.writes.length, 1);
  screen.draw(['title', 'new']);
  assert.equal(terminal.writes.length, 2);
  assert.ok(!terminal.writes[1]!.includes('title'));
});

test('lines that stay are written above the block', () => {
  const terminal = new FakeTerminal(40, 20);
  const screen = new Screen(terminal);
  screen.draw(['block', 'of two']);
  screen.print(['bob joined']);
  screen.print(['bob left']);
  assert.equal(terminal.text(), 'bob joined\nbob left\nblock\nof two');
});

test('the cursor is hidden while there is a block and visible after', () => {
  const terminal = new FakeTerminal(40, 20);
  const screen = new Screen(terminal);
  screen.draw(['block']);
  assert.equal(terminal.cursorVisible, false);
  screen.clear();
  assert.equal(terminal.cursorVisible, true);
  assert.equal(terminal.text(), '');
});

test('a terminal that became narrower is cleared of the lines that it has wrapped', () => {
  const terminal = new FakeTerminal(40, 20);
  const screen = new Screen(terminal);
  screen.print(['above']);
  screen.draw(['x'.repeat(39), 'y'.repeat(39)]);
  // The terminal wraps what it shows, as most do.
  terminal.columns = 20;
  terminal.lines.splice(1, 2, 'x'.repeat(20), 'x'.repeat(19), 'y'.repeat(20), 'y'.repeat(19));
  terminal.write('\n\n');
  screen.draw(['x'.repeat(19), 'y'.repeat(19)]);
  assert.equal(terminal.text(), `above\n${'x'.repeat(19)}\n${'y'.repeat(19)}`);
});

test('the display shows the room, lets events scroll by above, and leaves only what counts', () => {
  const terminal = new FakeTerminal(80, 24);
  const display = new LiveDisplay(terminal, { color: true, unicode: true });
  display.watch(sourceOf(() => roomState(['alice', 'bob'])));
  display.tick();
  display.event({ type: 'member', change: 'joined', id: '2', name: 'carol' });
  display.tick();
  const [first, title] = terminal.text().split('\n');
  assert.equal(first, 'carol joined');
  assert.match(title!, /^debian-13.* 38%$/);
  display.close(new Tally());
  assert.equal(terminal.text(), 'carol joined');
  assert.equal(terminal.cursorVisible, true);
});

test('files of a queue that are done between two pictures are told in one write, and none is lost', () => {
  const terminal = new FakeTerminal(80, 24);
  const display = new LiveDisplay(terminal, { color: false, unicode: true });
  const downloads = [downloadState(), downloadState({ id: 2, status: 'waiting' })];
  display.watch(sourceOf(() => engineState(downloads)));
  display.tick();
  const before = terminal.writes.length;
  const save = (name: string): void => display.event({ type: 'done', result: { ...RESULT, path: name } });
  for (let i = 0; i < 10; i += 1) save(`/tmp/${i}`);
  assert.equal(terminal.writes.length, before);
  display.tick();
  assert.equal(terminal.writes.length, before + 1);
  save('/tmp/last');
  display.close(new Tally());
  const saved = terminal.text().split('\n');
  assert.equal(saved.length, 11);
  assert.equal(saved.at(-1), 'Saved /tmp/last (1.0 KiB, self-verified)');
});

test('the display makes way for a question and comes back after it', () => {
  const terminal = new FakeTerminal(80, 24);
  const display = new LiveDisplay(terminal, { color: false, unicode: true });
  display.watch(sourceOf(() => aloneState()));
  display.tick();
  display.pause();
  display.tick();
  assert.equal(terminal.text(), '');
  assert.equal(terminal.cursorVisible, true);
  display.resume();
  display.tick();
  assert.match(terminal.text(), /^debian/);
  display.close(new Tally());
});

test('the invite is shown with a code where it fits and in words always', () => {
  const link = 'dragon://join/v1/room?h=192.168.1.2:4000#k=AAAAAAAAAAAAAAAAAAAAAA';
  const show = (columns: number, rows: number): string => {
    const terminal = new FakeTerminal(columns, rows);
    new LiveDisplay(terminal, { color: true, unicode: true }).event({ type: 'invite', link });
    return terminal.text();
  };
  assert.match(show(120, 60), /\u2588{30}/);
  assert.doesNotMatch(show(120, 20), /\u2588/);
  assert.doesNotMatch(show(30, 60), /\u2588/);
  assert.ok(show(120, 20).includes(`dragonload join '${link}'`));
});
