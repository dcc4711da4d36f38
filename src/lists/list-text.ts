import { isUtf8 } from 'node:buffer';
import { listError } from './list-error.ts';

const NEWLINE = 0x0a;

/**
 * The text of a list in UTF-8, without a byte order mark. Throws `bad-list` for UTF-16, for bytes that are not text,
 * with the first line that has some, and for an empty list.
 */
export function listText(bytes: Buffer, list: string): string {
  const body = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? bytes.subarray(3) : bytes;
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // UTF-16 without a byte order mark: every other byte of ASCII text is zero.
  const isWide = bytes.length >= 4 && (first === 0) !== (second === 0) && (first === 0) === (bytes[2] === 0);
  if (hasMark || isWide) {
    throw listError(list, undefined, 'is in UTF-16', 'Save it as UTF-8 (in Notepad: Save as, Encoding).');
  }
  const zero = body.indexOf(0);
  if (zero >= 0) {
    throw listError(
      list,
      lineAt(body, zero),
      'this is not text',
      'Give a text file that has one address on each line, or a Metalink file.',
    );
  }
  if (!isUtf8(body)) {
    throw listError(
      list,
      lineAt(body, firstInvalid(body)),
      'this is not valid UTF-8',
      'Save the list as UTF-8.',
    );
  }
  const text = body.toString('utf8');
  if (/^\s*$/.test(text)) throw empty(list);
  return text;
}

/** The error for a list without downloads. */
export function empty(list: string): Error {
  return listError(list, undefined, 'is empty', 'Put one address on each line.');
}

/** Number of the line, from 1, in which the byte at `offset` is. */
function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < offset; at = bytes.indexOf(NEWLINE, at + 1)) line++;
  return line;
}

/** Offset in the first line that is not valid UTF-8. No character has a line break inside. */
function firstInvalid(bytes: Buffer): number {
  let start = 0;
  for (;;) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    if (found < 0 || !isUtf8(bytes.subarray(start, end))) return start;
    start = end + 1;
  }
}
