import { isDigestHex } from '../../core/digest-kinds.ts';
import type { PublishedDigest } from '../heads/digests.ts';

/** A file of a release on GitHub. */
export interface ReleaseAsset {
  readonly repository: string;
  readonly name: string;
  readonly apiUrl: (base: string) => string;
}

/** What `https://github.com/OWNER/REPOSITORY/releases/download/TAG/NAME` means; undefined for other URLs. */
export function releaseAsset(url: URL): ReleaseAsset | undefined {
  if (url.protocol !== 'https:' || url.host !== 'github.com') return undefined;
  const [, owner, repository, tag, name] =
    /^\/([\w.-]{1,100})\/([\w.-]{1,100})\/releases\/download\/([^/]{1,1000})\/([^/]{1,1000})$/.exec(
      url.pathname,
    ) ?? [];
  const [plainTag, plainName] = [decoded(tag), decoded(name)];
  if (plainTag === undefined || plainName === undefined) return undefined;
  return {
    repository: `${owner}/${repository}`,
    name: plainName,
    apiUrl: (base) => `${base}/repos/${owner}/${repository}/releases/tags/${encodeURIComponent(plainTag)}`,
  };
}

/** The digest of an asset in GitHub's description of its release (`assets[].digest`); undefined when there is none. */
export function releaseDigest(
  answer: Buffer,
  { repository, name }: ReleaseAsset,
): PublishedDigest | undefined {
  const assets = property(parsed(answer), 'assets');
  if (!Array.isArray(assets)) return undefined;
  const found = assets.filter((asset) => property(asset, 'name') === name);
  const digest = property(found[0], 'digest');
  if (found.length !== 1 || typeof digest !== 'string') return undefined;
  const hex = digest.replace(/^sha256:/, '');
  if (hex === digest || !isDigestHex('sha256', hex)) return undefined;
  return { algorithm: 'sha256', hex: hex.toLowerCase(), by: `GitHub's release of ${repository}` };
}

function parsed(answer: Buffer): unknown {
  try {
    return JSON.parse(answer.toString('utf8'));
  } catch {
    return undefined;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
