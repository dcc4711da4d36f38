import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { EngineState, PieceMap } from '../../app/state.ts';
import { aloneState, downloadState, engineState, memberState, roomState } from '../../testing/cli/states.ts';
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

/** The map of a file whose size nobody knows. */
const NO_MAP: PieceMap = { pieceBytes: 1024, pieceCount: undefined, runs: [] };

/** The map of a file of four pieces. */
function mapOf(runs: PieceMap['runs']): PieceMap {
  return { pieceBytes: 1024, pieceCount: 4, runs };
}

/** The frame without colours, in Unicode. */
function plain(state: EngineState, columns = 80, rows = 24): string[] {
  return renderFrame(state, { columns, rows, color: false, unicode: true });
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
  const states: Readonly<Record<string, EngineState>> = {
    'a room of four': roomState(['alice', 'bob', WIDE_NAME, 'x'.repeat(300)]),
    'a room of thirty': roomState(Array.from({ length: 30 }, (_, i) => `member-${i}`)),
    'a download alone': aloneState(),
    'a file of unknown size': aloneState({ sizeBytes: undefined, pieces: NO_MAP, leftMs: undefined }),
    'an empty file': aloneState({
      sizeBytes: 0,
      pieces: { pieceBytes: 1, pieceCount: 0, runs: [] },
      heldBytes: 0,
      status: 'checking',
    }),
    'a long wide name': roomState(['alice', 'bob'], { fileName: `${WIDE_NAME}${WIDE_NAME}.tar.zst` }),
    'a room that offers nothing yet': engineState([], {}, roomState(['alice']).rooms),
  };
  for (const [name, state] of Object.entries(states)) {
    test(`of ${name} fits terminals of every size in every look`, () => {
      for (const columns of [1, 2, 10, 20, 40, 46, 58, 70, 80, 81, 200, 500]) {
        for (const rows of [1, 2, 5, 24, 60]) {
          for (const look of LOOKS) assertFits(renderFrame(state, { columns, rows, ...look }), columns, rows);
        }
      }
    });
  }

  test('says at 80 columns what is going on', () => {
    const [title, map, rates, blank, header, alice, bob] = plain(roomState(['alice', 'bob']));
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
    const at = (columns: number): string => plain(roomState(['alice', 'bob']), columns).at(-1)!;
    assert.match(at(60), /^bob +58% +12\.3 MiB\/s +34\.5 MiB\/s +30%$/);
    assert.match(at(50), /^bob +58% +12\.3 MiB\/s +30%$/);
    assert.match(at(40), /^bob +58% +12\.3 MiB\/s$/);
  });

  test('counts the members for whom there is no row', () => {
    const lines = plain(roomState(Array.from({ length: 30 }, (_, i) => `member-${i}`)), 80, 12);
    assert.equal(lines.length, 11);
    assert.equal(lines.at(-1), 'and 25 more');
  });

  test('shows no members when there is no room', () => {
    assert.equal(plain(aloneState()).length, 3);
  });

  test('shows two pieces in a character when it has colours', () => {
    const held = { kind: 'held', by: undefined } as const;
    const pieces = [
      { ...held, start: 0, end: 1 },
      { ...held, start: 2, end: 4 },
    ];
    const state = aloneState({ pieces: mapOf(pieces) });
    const map = renderFrame(state, { columns: 3, rows: 24, color: true, unicode: true })[1];
    assert.equal(map, '\x1b[32;100m\u258C\x1b[0m\x1b[32m\u2588\x1b[0m');
  });

  test('draws the map in ASCII where it must', () => {
    const kinds = ['held', 'active', 'peer'] as const;
    const pieces = kinds.map((kind, i) => ({ start: i, end: i + 1, kind, by: undefined }));
    const state = aloneState({ pieces: mapOf(pieces) });
    assert.equal(renderFrame(state, { columns: 5, rows: 24, color: false, unicode: false })[1], '#>+.');
  });

  test('has no colours when it is told so', () => {
    for (const line of plain(roomState(['alice', 'bob']))) assert.ok(!line.includes('\x1b'));
  });

  test('says what a member does instead of fetching', () => {
    const room = roomState(['alice']);
    const state = (fields: Parameters<typeof memberState>[0]): string => {
      const [alone] = room.rooms;
      const members = [...alone!.members, memberState({ name: 'bob', ...fields })];
      return plain({ ...room, rooms: [{ ...alone!, members }] }).at(-1)!;
    };
    assert.match(state({ isConnected: false }), / away /);
    assert.doesNotMatch(state({ isConnected: false, originBytes: 0, heldBytes: 0 }), /%/);
    assert.match(state({ phase: 'done' }), / done /);
    assert.match(state({ phase: 'failed' }), / failed /);
    assert.match(state({ canFetch: false }), / LAN only /);
  });

  test('shows the download that is under way and counts the others', () => {
    const state = roomState(
      ['alice', 'bob'],
      { fileName: 'first', status: 'done' },
      { fileName: 'second' },
      { fileName: 'third', status: 'waiting' },
    );
    const lines = plain(state);
    assert.match(lines[0]!, /^second /);
    assert.equal(lines[3], '1 of 3 files done, 1 waiting');
  });

  test('lists several downloads alone, one a line, and how the queue goes', () => {
    const downloads = [
      downloadState({ id: 1, fileName: 'first.iso' }),
      downloadState({ id: 2, fileName: 'second.iso', status: 'checking' }),
    ];
    const lines = plain(engineState(downloads, { done: 7, running: 2, waiting: 90, failed: 1 }));
    assert.match(lines[0]!, /^first\.iso .* 38% +12\.3 MiB\/s +12 s$/);
    assert.match(lines[1]!, /^second\.iso .* checking /);
    assert.equal(lines[2], '7 of 100 files done, 90 waiting, 1 failed');
    assert.match(lines[3]!, /^760 MiB {2}24\.6 MiB\/s +about .* left$/);
    assertFits(lines, 80, 24);
  });

  test('fits many downloads into a small window', () => {
    const downloads = Array.from({ length: 30 }, (_, i) =>
      downloadState({ id: i + 1, fileName: `file-${i}` }),
    );
    for (const look of LOOKS) {
      const lines = renderFrame(engineState(downloads), { columns: 30, rows: 8, ...look });
      assertFits(lines, 30, 8);
      assert.ok(lines.some((line) => line.includes('more')));
    }
  });

  test('neutralises names that try to steer the terminal', () => {
    const state = roomState(['al\x1b[2Jice', 'bob\nroot# ', '\u202Eevil\x07'], {
      fileName: 'a\x1b]0;owned\x07.iso',
    });
    assertFits(plain(state), 80, 24);
    assert.match(plain(state)[0]!, /^a\u00B7\]0;owned\u00B7\.iso /);
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
              renderFrame(roomState(names, { fileName: file }), { columns, rows: 24, ...look }),
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
