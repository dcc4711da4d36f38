import { checkUrl } from './links.ts';
import { parseRate, parseSize } from './rate.ts';
import { parseOutput, parseProxy, parseReferer, parseText, parseUserAgent } from './text-values.ts';
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
  '--dir': text('--dir', 'a directory'),
  '--output': parseOutput,
  '--input': text('--input', 'a file, or - for stdin'),
  '--import': text('--import', 'a file'),
  '--user-agent': parseUserAgent,
  '--referer': parseReferer,
  '--cookies': text('--cookies', 'a cookie file'),
  '--netrc': text('--netrc', 'a netrc file, or nothing for ~/.netrc'),
  '--proxy': parseProxy,
  '--ca': text('--ca', 'a file of certificates'),
  '--cert': text('--cert', 'a certificate file'),
  '--key': text('--key', 'a key file'),
  '--interface': text('--interface', 'an interface such as eth0, or a local address'),
  '--on-complete': text('--on-complete', 'a program'),
  '--concurrent': (text) => wholeNumber('--concurrent', text, 1, 64),
  '--per-host': (text) => wholeNumber('--per-host', text, 1, 64),
  '--retries': (text) => wholeNumber('--retries', text, 0, 100),
  '--priority': (text) => wholeNumber('--priority', text, -1000, 1000),
  '--count': (text) => wholeNumber('--count', text, 1, 10_000),
  '--at': (text) => parseTime(text),
  '--between': parseWindow,
};

/** For flags that may be repeated. */
function all(parse: (text: string) => unknown): Parser {
  return (text, before) => [...((before as unknown[] | undefined) ?? []), parse(text)];
}

/** For values that are taken as they are, but not when they are empty. */
function text(flag: string, what: string): Parser {
  return (value) => parseText(flag, what, value);
}
