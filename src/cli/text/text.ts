/**
 * Text from elsewhere (names, URLs, messages of origins) made fit for a terminal. Nothing that steers a terminal or
 * turns the reading direction comes through: no escape sequences, no line breaks, no invisible characters.
 */

/** Control, format, surrogate, private-use and separator characters: all that is not a visible glyph or a space. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
/** Variation selectors, whose effect on the width differs between terminals. */
const SELECTORS = /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]/gu;
/** More than two combining marks on one base climb over the lines around it. */
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu;
const SPACES = /[\t\n\r\p{Zs}]/gu;

/** The longest text that is looked at, in UTF-16 units: hostile names cost no time. */
const MAX_TEXT = 4096;

/** `text` on one line, with every character that could steer a terminal replaced by a visible mark. */
export function safeText(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replace(SPACES, ' ')
    .replace(SELECTORS, '')
    .replace(UNSAFE, '\u00B7')
    .replace(STACKED_MARKS, '$1');
}

/** `safeText` in printable ASCII alone, for terminals that know no more. */
export function asciiText(text: string): string {
  return safeText(text)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?');
}

/** Wide and full-width blocks of Unicode Standard Annex #11 (East Asian Width), as first and last code points. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];
const EMOJI = /\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;

/** How many columns one character (a string of one code point) takes: 0, 1 or 2. */
function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return 1;
  if (ZERO_WIDTH.test(char)) return 0;
  // Regional indicators come in pairs that take two columns together.
  if (code >= 0x1f1e6 && code <= 0x1f1ff) return 1;
  if (EMOJI.test(char)) return 2;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** How many terminal columns `text` takes. It must hold no escape sequences. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** The start of `text` that fits in `columns`; never half of a wide character. */
export function clip(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const char of text) {
    width += charWidth(char);
    if (width > columns) return text.slice(0, end);
    end += char.length;
  }
  return text;
}

/**
 * `text` in at most `columns`, with its middle left out where it is too long: the ends of file names tell them apart.
 */
export function shorten(text: string, columns: number, ellipsis = '\u2026'): string {
  if (displayWidth(text) <= columns) return text;
  const dots = displayWidth(ellipsis);
  if (columns <= dots) return clip(ellipsis, Math.max(0, columns));
  const room = columns - dots;
  const head = clip(text, Math.ceil(room * 0.6));
  const chars = [...text];
  let width = displayWidth(head);
  let from = chars.length;
  while (from > 0 && width + charWidth(chars[from - 1]!) <= room) {
    from -= 1;
    width += charWidth(chars[from]!);
  }
  return head + ellipsis + chars.slice(from).join('');
}

/** `text` filled up with spaces to `columns`. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** `text` pushed to the right of `columns`. */
export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text;
}
