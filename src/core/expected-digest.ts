import { type DigestKind, digestKind, isDigestHex } from './digest-kinds.ts';
import { DragonloadError } from './errors.ts';
import { advice } from './hint.ts';

/** A digest that the whole file has to have, and whose word it is. What it proves: `isStrongDigest`. */
export interface ExpectedDigest {
  readonly algorithm: DigestKind;
  /** In upper or lower case. */
  readonly hex: string;
  /** Who says so, for people: "the origin", "the list". */
  readonly by: string;
}

/** Whose word a digest is that was given beside the address, by a flag or an option. */
export const GIVEN_CHECKSUM = 'the given checksum';

/**
 * Reads `alg:hex` or `alg=hex`, the name in any usual spelling; the hex comes back in lower case. Undefined when the
 * kind is not known or the number of digits is not that of the kind.
 */
export function readChecksum(text: string): Pick<ExpectedDigest, 'algorithm' | 'hex'> | undefined {
  const [, name = '', hex = ''] = /^([a-z0-9-]{1,16})[:=]([0-9a-f]{1,128})$/.exec(text.toLowerCase()) ?? [];
  const algorithm = digestKind(name);
  return algorithm !== undefined && isDigestHex(algorithm, hex) ? { algorithm, hex } : undefined;
}

/** As `readChecksum`, with blanks around it; throws `usage` for what is no checksum. */
export function parseChecksum(text: string, by: string): ExpectedDigest {
  const digest = readChecksum(text.trim());
  if (digest !== undefined) return { ...digest, by };
  throw new DragonloadError('usage', `${JSON.stringify(text)} is not a checksum.`, {
    hint: advice('Write it as sha256=64 hex digits; sha512, sha1 and md5 are known too.'),
  });
}
