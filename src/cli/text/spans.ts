import { asciiText, clip, displayWidth, safeText } from './text.ts';

/** A stretch of text in one style. `sgr` holds the parameters of ECMA-48 SELECT GRAPHIC RENDITION, such as `1;32`. */
export interface Span {
  readonly text: string;
  readonly sgr?: string | undefined;
}

/** How lines are drawn. */
export interface Look {
  readonly color: boolean;
  readonly unicode: boolean;
}

/** The styles in use. All are of the 16 colours that follow the terminal's own theme. */
export const SGR = {
  bold: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '1;31',
  peer: '34',
  faint: '90',
} as const;

/** Turns spans into one line of at most `columns`. Every text goes through here, so nothing unsafe leaves. */
export function renderLine(spans: readonly Span[], columns: number, look: Look): string {
  let line = '';
  let room = columns;
  let open: string | undefined;
  for (const span of spans) {
    const whole = look.unicode ? safeText(span.text) : asciiText(span.text);
    const text = clip(whole, room);
    if (text === '') continue;
    const sgr = look.color ? span.sgr : undefined;
    if (sgr !== open) {
      if (open !== undefined) line += '\x1b[0m';
      if (sgr !== undefined) line += `\x1b[${sgr}m`;
      open = sgr;
    }
    line += text;
    room -= displayWidth(text);
    if (text !== whole) break;
  }
  return open === undefined ? line : `${line}\x1b[0m`;
}

/** Longer than any text that is shown; still a limit. */
const UNBROKEN = 4096;

/**
 * Spans as running text: broken at spaces into lines of at most `columns`, all but the first indented by two. A word that
 * is longer than a line stays whole, so that a link or a path can be copied.
 */
export function renderText(spans: readonly Span[], columns: number | undefined, look: Look): string[] {
  const lines: Span[][] = [[]];
  let width = 0;
  for (const { text, sgr } of spans) {
    for (const word of (look.unicode ? safeText(text) : asciiText(text)).split(/(?<= )/)) {
      const needs = displayWidth(word.trimEnd());
      if (columns !== undefined && width > 2 && width + needs > columns) {
        const last = lines.at(-1)!.pop();
        if (last) lines.at(-1)!.push({ ...last, text: last.text.trimEnd() });
        lines.push([{ text: '  ' }]);
        width = 2;
      }
      lines.at(-1)!.push({ text: word, sgr });
      width += displayWidth(word);
    }
  }
  return lines.map((line) => renderLine(line, UNBROKEN, look));
}

/** Columns that spans take when nothing is clipped. */
export function spansWidth(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + displayWidth(safeText(span.text)), 0);
}

/** One line with `left` at its start and `right` at its end; where both do not fit, `right` is left out. */
export function spread(left: readonly Span[], right: readonly Span[], columns: number): readonly Span[] {
  const gap = columns - spansWidth(left) - spansWidth(right);
  return gap < 2 ? left : [...left, { text: ' '.repeat(gap) }, ...right];
}
