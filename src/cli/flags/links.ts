import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import { readWebUrl } from '../../url/web-url.ts';
import { safeText } from '../text/text.ts';
import { usageError } from './usage.ts';

/** An argument that is meant as an invite, whatever else is wrong with it. */
export function looksLikeInvite(text: string): boolean {
  return /^dragon:/i.test(text);
}

/** An argument that is meant as a URL. */
export function looksLikeUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^magnet:/i.test(text);
}

/** Checks a URL to download and returns it as it was written. Throws `bad-url`, or a usage error for an invite. */
export function checkUrl(text: string): string {
  if (looksLikeInvite(text)) {
    throw usageError('That is an invite, not the URL of a file.', 'Run: dragonload join INVITE');
  }
  const read = readWebUrl(text);
  if (read.kind === 'no-url') {
    const bare = /^[^\s/:]+\.[^\s/]+(:\d+)?\//.test(text);
    throw new DragonloadError('bad-url', `"${publicPart(text)}" is not a URL.`, {
      hint: advice(
        bare ? `Write it with its scheme: https://${publicPart(text)}` : 'Write it as https://HOST/PATH.',
      ),
    });
  }
  if (read.kind === 'other-scheme') {
    throw new DragonloadError(
      'bad-url',
      `Dragonload fetches http and https, not ${safeText(read.scheme.slice(0, -1))}.`,
      {
        hint: advice('Look for an https link to the same file.'),
      },
    );
  }
  return text;
}

/**
 * Checks what can be told of an invite at a glance and returns it trimmed; the engine reads it in full. Throws
 * `bad-invite`. A link that a shell cut at its first `&` is the most common mistake.
 */
export function checkInvite(text: string): string {
  const link = text.trim();
  if (!looksLikeInvite(link)) {
    const next = looksLikeUrl(link)
      ? 'To download a URL alone, run: dragonload get URL'
      : 'Copy the whole line that "dragonload host" printed; it begins with dragon://.';
    throw new DragonloadError('bad-invite', 'That is not an invite.', { hint: advice(next) });
  }
  if (!/#.*k=/.test(link)) {
    throw new DragonloadError('bad-invite', 'The invite is cut short: its key is missing.', {
      hint: advice(
        "Put the whole link in quotes, dragonload join 'dragon://...', so that the shell leaves it alone.",
      ),
    });
  }
  return link;
}

/** A URL without its query, fragment and credentials, which may be secrets. */
function publicPart(text: string): string {
  return safeText(
    text
      .slice(0, 200)
      .replace(/[?#].*$/s, '')
      .replace(/\/\/[^/]*@/, '//'),
  );
}
