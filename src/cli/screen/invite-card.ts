import { encode } from 'uqr';
import type { Look } from '../text/spans.ts';
import { renderLine, SGR } from '../text/spans.ts';

/** The light border that a reader needs around the code, in modules. ISO/IEC 18004 asks for 4; phones take 2. */
const QUIET_MODULES = 2;
/** Rows that the text around the code and the display take. */
const OTHER_ROWS = 6;

/** A word as a POSIX shell takes it literally: in single quotes. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The invite in words: what to type on the other machine. The link is the last word of a line of its own. */
export function inviteLines(link: string, look: Look, environment = process.env): string[] {
  // Who runs a checkout with npx has no command of this name, and most likely the others have not either.
  const command = environment.npm_command === 'exec' ? 'npx dragonload' : 'dragonload';
  return [
    'To download together, run this on the other machines:',
    '',
    renderLine([{ text: `  ${command} join ${shellQuote(link)}`, sgr: SGR.bold }], 4096, look),
    '',
  ];
}

/**
 * The invite as a QR code of half blocks, two modules a row; nothing when it does not fit in `columns` by `rows` with
 * the display under it, or when the terminal cannot draw it.
 */
export function inviteCode(link: string, options: Look & { columns: number; rows: number }): string[] {
  if (!options.unicode) return [];
  const code = qrModules(link);
  if (code === undefined) return [];
  const height = Math.ceil(code.length / 2);
  if (code.length + 2 > options.columns || height + OTHER_ROWS > options.rows) return [];
  const lines: string[] = [];
  for (let y = 0; y < code.length; y += 2) {
    let line = '';
    for (let x = 0; x < code.length; x += 1) line += glyph(code[y]![x]!, code[y + 1]?.[x] ?? false);
    // White on black whatever the theme: a reader needs the light parts light.
    lines.push(`  ${options.color ? `\x1b[97;40m${line}\x1b[0m` : line}`);
  }
  return [...lines, ''];
}

/** Light modules are drawn, dark ones are left as background. */
function glyph(upperDark: boolean, lowerDark: boolean): string {
  if (upperDark) return lowerDark ? ' ' : '\u2584';
  return lowerDark ? '\u2580' : '\u2588';
}

function qrModules(link: string): readonly (readonly boolean[])[] | undefined {
  try {
    return encode(link, { ecc: 'L', border: QUIET_MODULES }).data;
  } catch {
    // Longer than the largest code holds: the link in words is enough.
    return undefined;
  }
}
