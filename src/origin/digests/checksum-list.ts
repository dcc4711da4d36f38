import { type DigestKind, digestKind, isDigestHex, isStrongDigest } from '../../core/digest-kinds.ts';

/** A line longer than this does not belong to a list of checksums. */
const MAX_LINE_CHARS = 4096;

export interface ListedDigest {
  readonly algorithm: DigestKind;
  /** Lower-case hex digits. */
  readonly hex: string;
  /** As it stands in the list: a path perhaps. Undefined: the digest stands alone. */
  readonly name: string | undefined;
}

/**
 * The strong digests in a list as `sha256sum` (`HEX  NAME`, `HEX *NAME`; a backslash before the line marks escapes in
 * the name) and BSD's `sha256` (`SHA256 (NAME) = HEX`) write it, or of a file that holds nothing but one. Other
 * lines are ignored, so that a signed list, a web page or random bytes do no harm.
 */
export function parseChecksumList(bytes: Buffer): ListedDigest[] {
  const text = decoded(bytes);
  const alone = listed(text.trim(), undefined);
  if (alone !== undefined) return [alone];
  return text
    .split(/\r\n|\n|\r/)
    .flatMap((line) => (line.length > MAX_LINE_CHARS ? [] : (parseLine(line) ?? [])));
}

/**
 * The digest that a list gives for the file at `path`, a URL's path with its escapes decoded. Names in the list may
 * have directories if the path has the same ones; `isItsOwn`: the list is of this one file, whatever directory it names
 * and even if it names none. Undefined also when the list contradicts itself.
 */
export function digestFor(
  list: readonly ListedDigest[],
  path: string,
  isItsOwn: boolean,
): ListedDigest | undefined {
  const fits = ({ name }: ListedDigest) => {
    if (name === undefined) return isItsOwn;
    const bare = name.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');
    if (bare === '') return false;
    return path.endsWith(`/${bare}`) || (isItsOwn && lastSegment(bare) === lastSegment(path));
  };
  const found = list.filter(fits);
  const best = found.find(({ algorithm }) => algorithm === 'sha256') ?? found[0];
  const isContradicted = found.some(
    ({ algorithm, hex }) => algorithm === best?.algorithm && hex !== best.hex,
  );
  return isContradicted ? undefined : best;
}

function parseLine(line: string): ListedDigest | undefined {
  const gnu = /^(\\?)([0-9a-f]{64,128}) [ *]?(\S.*)$/i.exec(line.trimEnd());
  if (gnu !== null) return listed(gnu[2]!, gnu[1] === '' ? gnu[3]! : unescaped(gnu[3]!));
  const bsd = /^(\\?)([A-Za-z0-9-]{3,12}) ?\((.+)\) ?= ?([0-9a-f]{64,128})$/i.exec(line.trim());
  if (bsd === null) return undefined;
  const found = listed(bsd[4]!, bsd[1] === '' ? bsd[3]! : unescaped(bsd[3]!));
  return found?.algorithm === digestKind(bsd[2]!) ? found : undefined;
}

/** The number of digits tells the kind. */
function listed(hex: string, name: string | undefined): ListedDigest | undefined {
  const algorithm = (['sha256', 'sha384', 'sha512'] as const).find((kind) => isDigestHex(kind, hex));
  if (algorithm === undefined || !isStrongDigest(algorithm)) return undefined;
  return { algorithm, hex: hex.toLowerCase(), name };
}

function unescaped(name: string): string {
  return name.replace(/\\([\\nr])/g, (_, char: string) => (char === 'n' ? '\n' : char === 'r' ? '\r' : '\\'));
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** UTF-8, or UTF-16 as some shells write it; without its byte order mark. */
function decoded(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(isUtf16 ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');
}
