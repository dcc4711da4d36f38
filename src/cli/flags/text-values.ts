import type { DragonloadError } from '../../core/errors.ts';
import { safeText } from '../text/text.ts';
import { usageError } from './usage.ts';

/** A value that is taken as it is: not empty, and without NUL, which no path and no argument can hold. */
export function parseText(flag: string, what: string, value: string): string {
  if (value.trim() !== '' && !value.includes('\0')) return value;
  throw usageError(`${flag} takes ${what}, and this is empty.`, `Give it, or leave ${flag} out.`);
}

/** `--output FILE`: the path of a file, not of a directory. */
export function parseOutput(value: string): string {
  parseText('--output', 'a file name', value);
  if (!/(^|[/\\])\.{0,2}$/.test(value)) return value;
  throw usageError(
    `--output takes the name of a file, and "${safeText(value)}" is a directory.`,
    'Use --dir for the directory, or add a file name.',
  );
}

/** `--user-agent TEXT`: what HTTP carries (RFC 9110, 5.5): printable ASCII on one line. */
export function parseUserAgent(value: string): string {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return value;
  throw usageError(
    '--user-agent takes printable ASCII on one line.',
    "Write for example --user-agent 'Mozilla/5.0', with the quotes.",
  );
}

/** `--referer URL`: an address of the web. What it says may be secret and is not repeated. */
export function parseReferer(value: string): string {
  const protocol = URL.parse(value)?.protocol;
  if (protocol === 'http:' || protocol === 'https:') return value;
  throw usageError('--referer takes an http or https URL.', 'Write for example https://example.org/page.');
}

/** `--proxy URL`, `HOST:PORT`, or nothing for no proxy. User and password in it are not repeated. */
export function parseProxy(value: string): string {
  if (value === '') return value;
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(value) ?? [];
  if (!/^(https?|socks5h?)$/i.test(scheme)) throw badProxy(`does not know ${safeText(scheme)}://`);
  if (!URL.canParse(`proxy://${rest}`) || new URL(`proxy://${rest}`).hostname === '')
    throw badProxy('takes the address of a proxy, and this is none');
  return value;
}

function badProxy(wrong: string): DragonloadError {
  return usageError(
    `--proxy ${wrong}.`,
    "Write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT; '' for none.",
  );
}
