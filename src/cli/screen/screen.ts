import type { TerminalStream } from '../text/terminal.ts';
import { terminalSize } from '../text/terminal.ts';
import { displayWidth } from '../text/text.ts';

const HIDE_CURSOR = '\x1b[?25l';
/** Makes the cursor visible again. */
export const SHOW_CURSOR = '\x1b[?25h';
/** Terminals that know synchronized output (DEC private mode 2026) show the frame at once; others ignore it. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const ERASE_LINE_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches the escape sequences that lines are styled with.
const SGR_SEQUENCE = /\x1b\[[0-9;]*m/g;

/**
 * A block of lines at the end of the terminal's output that is redrawn in place. Between calls the cursor stands at the
 * start of the row under the block. Every call is one write, and rows that did not change are not written again.
 */
export class Screen {
  readonly #stream: TerminalStream;
  #lines: readonly string[] = [];
  #columns: number;
  #hidden = false;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
    this.#columns = terminalSize(stream).columns;
  }

  /** Shows `lines` in place of those shown before. */
  draw(lines: readonly string[]): void {
    const { columns } = terminalSize(this.#stream);
    const resized = columns !== this.#columns;
    const body = resized ? this.#repaint(lines) : this.#update(lines);
    this.#columns = columns;
    this.#lines = lines;
    if (body === '') return;
    const hide = this.#hidden ? '' : HIDE_CURSOR;
    this.#hidden = true;
    this.#stream.write(BEGIN + hide + body + END);
  }

  /** Writes lines that stay, above the block. */
  print(lines: readonly string[]): void {
    const block = [...lines, ...this.#lines];
    const { columns } = terminalSize(this.#stream);
    this.#stream.write(BEGIN + this.#top() + block.map((line) => `${line}\r\n`).join('') + END);
    this.#columns = columns;
  }

  /** Takes the block away and shows the cursor. The next `draw` starts afresh. */
  clear(): void {
    const text = (this.#lines.length > 0 ? this.#top() : '') + (this.#hidden ? SHOW_CURSOR : '');
    this.forget();
    if (text !== '') this.#stream.write(text);
  }

  /** Leaves what is shown where it is, as after the process was stopped and went on. */
  forget(): void {
    this.#lines = [];
    this.#hidden = false;
  }

  get cursorHidden(): boolean {
    return this.#hidden;
  }

  #update(lines: readonly string[]): string {
    const before = this.#lines;
    if (lines.length === before.length && lines.every((line, i) => line === before[i])) return '';
    let body = before.length > 0 ? `\x1b[${before.length}A\r` : '\r';
    lines.forEach((line, i) => {
      // A line feed moves down in either case; under the old block it also makes room.
      body += line === before[i] ? '\r\n' : `${line}${ERASE_LINE_END}\r\n`;
    });
    return lines.length < before.length ? body + ERASE_BELOW : body;
  }

  #repaint(lines: readonly string[]): string {
    return this.#top() + lines.map((line) => `${line}\r\n`).join('');
  }

  /** To the first row of the block, everything from there erased. */
  #top(): string {
    const { columns } = terminalSize(this.#stream);
    // A terminal that became narrower has wrapped the lines: they take more rows than they did.
    const rows = this.#lines.reduce((sum, line) => {
      const width = displayWidth(line.replace(SGR_SEQUENCE, ''));
      return sum + Math.max(1, Math.ceil(width / columns));
    }, 0);
    return `${rows > 0 ? `\x1b[${rows}A` : ''}\r${ERASE_BELOW}`;
  }
}
