/** What follows the name of a file that is still incomplete. */
export const PART_SUFFIX = '.dragonload';

/** File systems in use take at most 255 bytes (or UTF-16 units, which are never more) in one name. */
const NAME_BYTES = 255;
/** Room that is left for a number, for the part suffix and for the suffix of a part that was put aside. */
const MAX_BYTES = NAME_BYTES - ' (999)'.length - PART_SUFFIX.length - '.old-999'.length;
/** A longer ending than this is no extension but part of the name. */
const MAX_EXTENSION_BYTES = 32;

/** Controls, format marks (bidirectional overrides, zero-width characters, BOM), line and paragraph separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Forbidden in Windows names, and a colon opens an NTFS stream; replaced everywhere so that a file has one name. */
const FORBIDDEN = /[<>:"|?*]/g;
/**
 * Device names, with or without an extension: "Naming Files, Paths, and Namespaces", Microsoft Learn. The digits
 * 1 to 3 also count as superscripts.
 */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(\.|$)/i;

/** In UTF-8; half of a surrogate pair counts as the three bytes that stand in for it. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/**
 * A name that is safe to create in the download directory, made from one that an origin or a member sent: the last
 * segment of a path, without anything invisible, forbidden, reserved or hidden, at most 230 bytes of UTF-8 with its
 * extension kept. Never empty; a name that has nothing usable becomes `download`. A safe name comes back unchanged.
 */
export function safeFileName(name: string): string {
  // Nothing longer than this can matter, and a hostile name may be huge.
  const given = name.slice(-4096).toWellFormed();
  const visible = given.replace(INVISIBLE, '');
  const last = visible.split(/[/\\]/).findLast((segment) => !/^[.\s]*$/.test(segment)) ?? '';
  let safe = tidy(last.replace(FORBIDDEN, '_'));
  // A leading dot hides the file, and names such as .profile mean something to other programs.
  safe = safe.replace(/^\.+/, '_');
  if (DEVICE.test(safe)) safe = `_${safe}`;
  safe = shorten(safe);
  return safe === '' ? 'download' : safe;
}

/** `name (2).ext` for `name.ext` and 2; the name itself for 0. */
export function numbered(name: string, number: number): string {
  if (number === 0) return name;
  const at = extensionAt(name);
  return `${name.slice(0, at)} (${number})${name.slice(at)}`;
}

/** Windows drops dots and spaces at the end of a name silently, which makes two names one. */
function tidy(name: string): string {
  return name.replace(/^\s+/, '').replace(/[.\s]+$/, '');
}

/** Where the extension starts, with `.tar.gz` and its like taken whole; the length of the name when it has none. */
function extensionAt(name: string): number {
  const found = /(\.tar)?\.[^.\s]+$/i.exec(name);
  return found === null || found.index === 0 || bytesOf(found[0]) > MAX_EXTENSION_BYTES
    ? name.length
    : found.index;
}

/** Cuts the stem between characters as people see them, so that no letter loses its accent. */
function shorten(name: string): string {
  if (bytesOf(name) <= MAX_BYTES) return name;
  const at = extensionAt(name);
  const extension = name.slice(at);
  let room = MAX_BYTES - bytesOf(extension);
  let stem = '';
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(
    name.slice(0, at),
  )) {
    room -= bytesOf(segment);
    if (room < 0) break;
    stem += segment;
  }
  return tidy(stem === '' ? extension : tidy(stem) + extension);
}
