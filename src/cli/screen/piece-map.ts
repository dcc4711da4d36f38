import { type Cell, pieceCells } from '../../app/piece-cells.ts';
import type { PieceMap } from '../../app/state.ts';
import type { Look, Span } from '../text/spans.ts';

/** Foreground and background of a cell: the left half of a character takes the one, the right half the other. */
const COLORS: Readonly<Record<Cell, readonly [front: string, back: string]>> = {
  held: ['32', '42'],
  active: ['33', '43'],
  peer: ['34', '44'],
  missing: ['90', '100'],
};
/** Without colour every cell is one character, the fuller the nearer. */
const SHADES: Readonly<Record<Cell, string>> = {
  held: '\u2588',
  active: '\u2593',
  peer: '\u2592',
  missing: '\u2591',
};
const LETTERS: Readonly<Record<Cell, string>> = { held: '#', active: '>', peer: '+', missing: '.' };

/**
 * The pieces of a download from its first to its last, as one line of at most `columns`. In colour every character
 * shows two cells (half blocks). Nothing while the number of pieces is unknown or when the file is empty.
 */
export function pieceMap(pieces: PieceMap, columns: number, look: Look): readonly Span[] {
  if (!pieces.pieceCount || columns < 1) return [];
  const halves = look.color && look.unicode;
  const cells = pieceCells(pieces, halves ? columns * 2 : columns);
  if (cells.length === 0) return [];
  return halves ? halfBlocks(cells, columns) : blocks(cells, columns, look);
}

function blocks(cells: readonly Cell[], columns: number, look: Look): readonly Span[] {
  const glyphs = look.unicode ? SHADES : LETTERS;
  return stretch(cells, columns).map((cell) => ({ text: glyphs[cell], sgr: COLORS[cell][0] }));
}

function halfBlocks(cells: readonly Cell[], columns: number): readonly Span[] {
  const wide = stretch(cells, columns * 2);
  const spans: Span[] = [];
  for (let i = 0; i < wide.length; i += 2) {
    const left = wide[i]!;
    const right = wide[i + 1]!;
    spans.push(
      left === right
        ? { text: '\u2588', sgr: COLORS[left][0] }
        : { text: '\u258C', sgr: `${COLORS[left][0]};${COLORS[right][1]}` },
    );
  }
  return spans;
}

/** Fewer pieces than places: each takes several, so that the map is always as wide as the line. */
function stretch(cells: readonly Cell[], places: number): readonly Cell[] {
  return Array.from({ length: places }, (_, i) => cells[Math.floor((i * cells.length) / places)]!);
}
