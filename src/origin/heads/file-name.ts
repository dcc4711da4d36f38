import { decodeExtended, parse } from 'content-disposition';

/** Longest name handed on, in characters. */
const MAX_NAME_CHARS = 1024;

/**
 * The name that an origin suggests for a file: Content-Disposition (RFC 6266, RFC 8187), else the last part of the
 * URL the user gave or of the one it led to, whichever looks like a file, else `download`. Raw: it may hold
 * any characters and has to be made safe before it is used on a disk.
 */
export function fileNameOf(disposition: string | undefined, givenUrl: URL, finalUrl: URL): string {
  const given = lastSegment(givenUrl);
  const final = lastSegment(finalUrl);
  const fromUrl = [given, final].find((name) => name?.includes('.')) ?? given ?? final;
  return (dispositionName(disposition) ?? fromUrl ?? 'download').slice(0, MAX_NAME_CHARS);
}

function lastSegment(url: URL): string | undefined {
  const segment = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  return segment === '' ? undefined : percentDecoded(segment);
}

function dispositionName(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  // Some servers leave the type out.
  const text = /^\s*filename\*?\s*=/i.test(header) ? `attachment; ${header}` : header;
  const { parameters } = parse(text, { extended: false });
  const extended = parameters['filename*'];
  const decoded = extended === undefined ? undefined : decodeExtended(unquoted(extended));
  const name = decoded ?? plainName(parameters.filename);
  return name === undefined || name.trim() === '' ? undefined : name.trim();
}

/**
 * Undoes what servers do to names that are not ASCII in a plain `filename`: raw UTF-8, RFC 2047 words, percent signs.
 */
function plainName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  return percentDecoded(wordsDecoded(utf8Decoded(name)));
}

/** Node reads header bytes as Latin-1; where they are valid UTF-8, that is what was meant. */
function utf8Decoded(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

/** RFC 2047 (MIME part three) encoded words in UTF-8 or Latin-1. */
function wordsDecoded(text: string): string {
  const word = /=\?(utf-8|iso-8859-1)\?([bq])\?([^?]*)\?=/gi;
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(word, (_all, charset: string, form: string, data: string) => {
      const bytes =
        form.toLowerCase() === 'b'
          ? Buffer.from(data, 'base64')
          : Buffer.from(
              data
                .replaceAll('_', ' ')
                .replace(/=([0-9A-F]{2})/gi, (_hex, hex: string) =>
                  String.fromCharCode(Number.parseInt(hex, 16)),
                ),
              'latin1',
            );
      return bytes.toString(charset.toLowerCase() === 'utf-8' ? 'utf8' : 'latin1');
    });
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1');
}
