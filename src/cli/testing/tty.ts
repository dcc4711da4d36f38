import { Writable } from 'node:stream';
import type { TerminalStream } from '../terminal.ts';

/**
 * A terminal for tests: it understands what the display writes (text, CR, LF, cursor up, erase to the end of the line or
 * of the screen, modes) and throws at anything else. One column a character; lines that are too long wrap.
 */
export class FakeTerminal extends Writable implements TerminalStream {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** Everything that scrolled by, oldest first, then what is visible. */
  readonly lines: string[] = [''];
  readonly writes: string[] = [];
  cursorVisible = true;
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.writes.push(chunk);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it takes escape sequences apart.
    for (const [token] of chunk.matchAll(/\x1b\[\??[0-9;]*[A-Za-z]|[^]/gu)) this.#take(token);
    done();
  }

  /** The text on it, without empty lines at the end. */
  text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  #take(token: string): void {
    if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#down();
    else if (token === '\x1b[K') this.lines[this.#row] = this.lines[this.#row]!.slice(0, this.#column);
    else if (token === '\x1b[J') {
      this.lines.length = this.#row + 1;
      this.lines[this.#row] = this.lines[this.#row]!.slice(0, this.#column);
    } else if (/^\x1b\[\d+A$/.test(token)) this.#up(Number.parseInt(token.slice(2), 10));
    else if (token === '\x1b[?25l') this.cursorVisible = false;
    else if (token === '\x1b[?25h') this.cursorVisible = true;
    else if (/^\x1b\[(\?2026[hl]|[0-9;]*m)$/.test(token)) return;
    else if (token.length > 2 || token < ' ')
      throw new Error(`the terminal does not know ${JSON.stringify(token)}`);
    else this.#put(token);
  }

  #put(char: string): void {
    if (this.#column >= this.columns) {
      this.#down();
      this.#column = 0;
    }
    const line = this.lines[this.#row]!.padEnd(this.#column);
    this.lines[this.#row] = line.slice(0, this.#column) + char + line.slice(this.#column + 1);
    this.#column += 1;
  }

  #down(): void {
    this.#row += 1;
    if (this.#row === this.lines.length) this.lines.push('');
  }

  /** What has scrolled off the top cannot be reached. */
  #up(count: number): void {
    const top = Math.max(0, this.lines.length - this.rows);
    this.#row = Math.max(top, this.#row - count);
  }
}
