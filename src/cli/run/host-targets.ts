import { existsSync } from 'node:fs';
import type { LocalFile } from '../../engine/base/host-target.ts';
import { checkUrl, looksLikeInvite, looksLikeUrl } from '../flags/links.ts';
import { keyOf, type Parsed } from '../flags/parsed.ts';
import { usageError } from '../flags/usage.ts';
import { safeText } from '../text/text.ts';

/** Flags that say how a file is fetched or where it goes: of no meaning for one that is here. */
const FOR_FETCHING = ['--output', '--mirror'];

/** Whether an argument of `host` is meant as a file of this machine: one that there is, or what can be nothing else. */
export function isMeantAsFile(text: string): boolean {
  if (looksLikeUrl(text) || looksLikeInvite(text)) return false;
  return /^([./~\\]|[a-z]:[\\/])/i.test(text) || existsSync(text);
}

/** Checks an argument of `host` and returns it as it was written. Throws as `checkUrl` for what is no file. */
export function checkHostTarget(text: string): string {
  return isMeantAsFile(text) ? text : checkUrl(text);
}

/** A file to share. Throws a usage error for flags that mean nothing for it. `checksum`: as `--checksum` has it. */
export function localFile(path: string, parsed: Parsed): LocalFile {
  const wrong = FOR_FETCHING.find((long) => parsed[keyOf(long)] !== undefined);
  if (wrong !== undefined)
    throw usageError(
      `${wrong} is for a file that is fetched, and ${safeText(path)} is here.`,
      'Leave it out.',
    );
  const { checksum } = parsed;
  return checksum === undefined ? { path } : { path, checksums: [{ checksum, by: '--checksum' }] };
}
