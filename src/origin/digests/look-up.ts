import type { PublishedDigest } from '../heads/digests.ts';
import type { Origin } from '../origin.ts';
import { digestFor, parseChecksumList } from './checksum-list.ts';
import { releaseAsset, releaseDigest } from './github-release.ts';

/** Longest time for all look-ups together. */
const TIMEOUT_MS = 10_000;
/** Lists that lie beside files, the usual names first. */
const LISTS = ['SHA256SUMS', 'SHA256SUM', 'sha256sum.txt'];

export interface LookUpOptions {
  /** Opens an origin for an address. `trusted`: on the host that the user named, so credentials may be sent there. */
  readonly open: (url: string, trusted: boolean) => Origin | Promise<Origin>;
  readonly signal?: AbortSignal | undefined;
  /** Default `https://api.github.com`. */
  readonly githubApi?: string | undefined;
  /** Default 10 s. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Digests of the file at `url`, the address that the user gave, that its publisher keeps beside it: what GitHub says of
 * a release's asset; `NAME.sha256`, `SHA256SUMS`, `SHA256SUM` or `sha256sum.txt` in the same directory. At most five
 * small requests, one after the other, until one of them has a digest. Never throws: what cannot be read counts as
 * absent.
 */
export async function lookUpDigests(
  url: string,
  options: LookUpOptions,
): Promise<readonly PublishedDigest[]> {
  const file = URL.canParse(url) ? new URL(url) : undefined;
  const path = file && pathOf(file);
  if (file === undefined || path === undefined) return [];
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);

  const asset = releaseAsset(file);
  if (asset !== undefined) {
    const answer = await small(
      asset.apiUrl(options.githubApi ?? 'https://api.github.com'),
      false,
      options,
      signal,
    );
    const found = answer && releaseDigest(answer, asset);
    if (found !== undefined) return [found];
  }
  const name = file.pathname.slice(file.pathname.lastIndexOf('/') + 1);
  for (const list of [`${name}.sha256`, ...LISTS]) {
    const bytes = await small(new URL(`./${list}`, file).href, true, options, signal);
    const isItsOwn = list === `${name}.sha256`;
    const found = bytes && digestFor(parseChecksumList(bytes), path, isItsOwn);
    if (found === undefined) continue;
    const by = `${isItsOwn ? 'the .sha256 file' : list} of ${file.host}`;
    return [{ algorithm: found.algorithm, hex: found.hex, by }];
  }
  return [];
}

/** A file of at most 1 MiB; undefined when it is larger or cannot be had. */
async function small(
  url: string,
  trusted: boolean,
  { open }: LookUpOptions,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (signal.aborted) return undefined;
  try {
    await using origin = await open(url, trusted);
    return (await origin.probe({ take: true, signal })).whole;
  } catch {
    return undefined;
  }
}

/** The path of a file, with its escapes decoded; undefined when it names a directory. */
function pathOf({ pathname }: URL): string | undefined {
  if (pathname.endsWith('/')) return undefined;
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
