import { Writable } from 'node:stream';
import type { TerminalStream } from '../../cli/text/terminal.ts';

const CSI = '\x1b[';
/** One control sequence or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it takes escape sequences apart.
const TOKEN = /\x1b\[[0-9;?]*[A-Za-z]|./gsu;

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
    for (const [token] of chunk.matchAll(TOKEN)) this.#take(token);
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
    const sequence = token.startsWith(CSI) ? token.slice(CSI.length) : undefined;
    if (sequence !== undefined) this.#obey(sequence);
    else if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#down();
    else if (token < ' ') throw new Error(`the terminal does not know ${JSON.stringify(token)}`);
    else this.#put(token);
  }

  #obey(sequence: string): void {
    const rest = this.lines[this.#row]!.slice(0, this.#column);
    if (sequence === 'K') this.lines[this.#row] = rest;
    else if (sequence === 'J') this.lines.splice(this.#row, Number.POSITIVE_INFINITY, rest);
    else if (sequence === '?25l') this.cursorVisible = false;
    else if (sequence === '?25h') this.cursorVisible = true;
    else if (/^\d+A$/.test(sequence)) this.#up(Number.parseInt(sequence, 10));
    else if (!/^(\?2026[hl]|[0-9;]*m)$/.test(sequence))
      throw new Error(`the terminal does not know ${sequence}`);
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
