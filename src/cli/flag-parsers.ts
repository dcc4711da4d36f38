import { checkUrl } from './links.ts';
import { parseRate, parseSize } from './rate.ts';
import {
  parseCategory,
  parseChecksum,
  parseConnections,
  parseHeader,
  parseName,
  parsePort,
  parseTime,
  parseWindow,
  wholeNumber,
} from './values.ts';

type Parser = (text: string, before: unknown) => unknown;

/** What becomes of the value of a flag; those without an entry stay as they were written. */
export const PARSERS: Readonly<Record<string, Parser>> = {
  '--name': parseName,
  '--port': parsePort,
  '--limit': (text) => parseRate(text),
  '--limit-each': (text) => parseRate(text, '--limit-each'),
  '--quota': (text) => parseSize(text),
  '--connections': parseConnections,
  '--checksum': parseChecksum,
  '--mirror': all(checkUrl),
  '--header': all(parseHeader),
  '--category': all(parseCategory),
  '--concurrent': (text) => wholeNumber('--concurrent', text, 1, 64),
  '--per-host': (text) => wholeNumber('--per-host', text, 1, 64),
  '--retries': (text) => wholeNumber('--retries', text, 0, 100),
  '--priority': (text) => wholeNumber('--priority', text, -1000, 1000),
  '--at': (text) => parseTime(text),
  '--between': parseWindow,
};

/** For flags that may be repeated. */
function all(parse: (text: string) => unknown): Parser {
  return (text, before) => [...((before as unknown[] | undefined) ?? []), parse(text)];
}
