import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { View } from '../../core/view.ts';
import { aloneView, downloadView, memberView, roomView } from '../../testing/cli/views.ts';
import { displayWidth } from '../text/text.ts';
import { renderFrame } from './frame.ts';

const LOOKS = [
  { color: true, unicode: true },
  { color: false, unicode: true },
  { color: true, unicode: false },
  { color: false, unicode: false },
];
const WIDE_NAME =
  '\u5F20\u4F1F\u7684\u7535\u8111\u5F20\u4F1F\u7684\u7535\u8111\u5F20\u4F1F\u7684\u7535\u8111';

/** The frame without colours, in Unicode. */
function plain(view: View, columns = 80, rows = 24): string[] {
  return renderFrame(view, { columns, rows, color: false, unicode: true });
}

/** Every line fits and, styles aside, holds nothing that steers the terminal. */
function assertFits(lines: readonly string[], columns: number, rows: number): void {
  assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
  for (const line of lines) {
    const text = stripVTControlCharacters(line);
    assert.ok(displayWidth(text) <= columns, `${displayWidth(text)} columns in ${columns}: ${text}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
    assert.doesNotMatch(line.replace(/\x1b\[[0-9;]*m/g, ''), /[\x00-\x1f\x7f-\x9f]/);
  }
}

describe('the frame', () => {
  const views: Readonly<Record<string, View>> = {
    'a room of four': roomView(['alice', 'bob', WIDE_NAME, 'x'.repeat(300)]),
    'a room of thirty': roomView(Array.from({ length: 30 }, (_, i) => `member-${i}`)),
    'a download alone': aloneView(),
    'a file of unknown size': aloneView({ sizeBytes: undefined, pieceCount: undefined, leftMs: undefined }),
    'an empty file': aloneView({ sizeBytes: 0, pieceCount: 0, heldBytes: 0, phase: 'checking' }),
    'a long wide name': roomView(['alice', 'bob'], { fileName: `${WIDE_NAME}${WIDE_NAME}.tar.zst` }),
    'a room that offers nothing yet': { ...roomView(['alice']), downloads: [] },
  };
  for (const [name, view] of Object.entries(views)) {
    test(`of ${name} fits terminals of every size in every look`, () => {
      for (const columns of [1, 2, 10, 20, 40, 46, 58, 70, 80, 81, 200, 500]) {
        for (const rows of [1, 2, 5, 24, 60]) {
          for (const look of LOOKS) assertFits(renderFrame(view, { columns, rows, ...look }), columns, rows);
        }
      }
    });
  }

  test('says at 80 columns what is going on', () => {
    const [title, map, rates, blank, header, alice, bob] = plain(roomView(['alice', 'bob']));
    assert.match(title!, /^debian-13\.2\.0-amd64-DVD-1\.iso {2,}380 MiB of 1\.0 GiB {3}38%$/);
    assert.equal(displayWidth(title!), 79);
    assert.match(map!, /^\u2588{23}\u2593{9}\u2592+\u2591+$/);
    assert.match(rates!, /^46\.8 MiB\/s {2}\u2190 origin 12\.3 MiB\/s, LAN 34\.5 MiB\/s {2,}12 s left$/);
    assert.equal(blank, '');
    assert.match(header!, /^member .*share +origin +LAN +has$/);
    assert.match(alice!, /^alice \(you\) {2}\u2588+.* 42% {2}12\.3 MiB\/s {2}34\.5 MiB\/s {4}30%$/);
    assert.match(bob!, /^bob .* 58% /);
  });

  test('leaves out the least telling columns first when it is narrow', () => {
    const at = (columns: number): string => plain(roomView(['alice', 'bob']), columns).at(-1)!;
    assert.match(at(60), /^bob +58% +12\.3 MiB\/s +34\.5 MiB\/s +30%$/);
    assert.match(at(50), /^bob +58% +12\.3 MiB\/s +30%$/);
    assert.match(at(40), /^bob +58% +12\.3 MiB\/s$/);
  });

  test('counts the members for whom there is no row', () => {
    const lines = plain(roomView(Array.from({ length: 30 }, (_, i) => `member-${i}`)), 80, 12);
    assert.equal(lines.length, 11);
    assert.equal(lines.at(-1), 'and 25 more');
  });

  test('shows no members when there is no room', () => {
    assert.equal(plain(aloneView()).length, 3);
  });

  test('shows two pieces in a character when it has colours', () => {
    const held = { kind: 'held', by: undefined } as const;
    const pieces = [
      { ...held, start: 0, end: 1 },
      { ...held, start: 2, end: 4 },
    ];
    const view = aloneView({ pieceCount: 4, pieces });
    const map = renderFrame(view, { columns: 3, rows: 24, color: true, unicode: true })[1];
    assert.equal(map, '\x1b[32;100m\u258C\x1b[0m\x1b[32m\u2588\x1b[0m');
  });

  test('draws the map in ASCII where it must', () => {
    const kinds = ['held', 'active', 'peer'] as const;
    const pieces = kinds.map((kind, i) => ({ start: i, end: i + 1, kind, by: undefined }));
    const view = aloneView({ pieceCount: 4, pieces });
    assert.equal(renderFrame(view, { columns: 5, rows: 24, color: false, unicode: false })[1], '#>+.');
  });

  test('has no colours when it is told so', () => {
    for (const line of plain(roomView(['alice', 'bob']))) assert.ok(!line.includes('\x1b'));
  });

  test('says what a member does instead of fetching', () => {
    const room = roomView(['alice']);
    const state = (fields: Parameters<typeof memberView>[0]): string =>
      plain({ ...room, members: [...room.members, memberView({ name: 'bob', ...fields })] }).at(-1)!;
    assert.match(state({ connected: false }), / away /);
    assert.doesNotMatch(state({ connected: false, originBytes: 0, heldBytes: 0 }), /%/);
    assert.match(state({ phase: 'done' }), / done /);
    assert.match(state({ phase: 'failed' }), / failed /);
    assert.match(state({ canFetch: false }), / LAN only /);
  });

  test('shows the download that is under way and counts the others', () => {
    const room = roomView(['alice', 'bob']);
    const downloads = [
      downloadView({ id: '1', fileName: 'first', phase: 'done' }),
      downloadView({ id: '2', fileName: 'second' }),
      downloadView({ id: '3', fileName: 'third', phase: 'waiting' }),
    ];
    const lines = plain({ ...room, downloads });
    assert.match(lines[0]!, /^second /);
    assert.equal(lines[3], '1 of 3 files done, 1 waiting');
  });

  test('lists several downloads alone, one a line, and how the queue goes', () => {
    const alone = aloneView();
    const downloads = [
      downloadView({ id: '1', fileName: 'first.iso', lanRate: 0 }),
      downloadView({ id: '2', fileName: 'second.iso', lanRate: 0, phase: 'checking' }),
    ];
    const queue = { done: 7, running: 2, waiting: 90, paused: 0, failed: 1 };
    const lines = plain({ ...alone, downloads, queue });
    assert.match(lines[0]!, /^first\.iso .* 38% +12\.3 MiB\/s +12 s$/);
    assert.match(lines[1]!, /^second\.iso .* checking /);
    assert.equal(lines[2], '7 of 100 files done, 90 waiting, 1 failed');
    assert.match(lines[3]!, /^760 MiB {2}24\.6 MiB\/s +about .* left$/);
    assertFits(lines, 80, 24);
  });

  test('fits many downloads into a small window', () => {
    const downloads = Array.from({ length: 30 }, (_, i) =>
      downloadView({ id: String(i), fileName: `file-${i}` }),
    );
    for (const look of LOOKS) {
      const lines = renderFrame({ ...aloneView(), downloads }, { columns: 30, rows: 8, ...look });
      assertFits(lines, 30, 8);
      assert.ok(lines.some((line) => line.includes('more')));
    }
  });

  test('neutralises names that try to steer the terminal', () => {
    const view = roomView(['al\x1b[2Jice', 'bob\nroot# ', '\u202Eevil\x07'], {
      fileName: 'a\x1b]0;owned\x07.iso',
    });
    assertFits(plain(view), 80, 24);
    assert.match(plain(view)[0]!, /^a\u00B7\]0;owned\u00B7\.iso /);
  });

  test('is safe and fits whatever others call themselves', () => {
    const name = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 6 }),
        name,
        fc.integer({ min: 1, max: 130 }),
        (names, file, columns) => {
          for (const look of LOOKS) {
            assertFits(
              renderFrame(roomView(names, { fileName: file }), { columns, rows: 24, ...look }),
              columns,
              24,
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
