import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DragonloadError } from '../../core/errors.ts';
import type { MemberId } from '../../core/ids.ts';
import { certificatePem, memberIdOf, publicKeyOf, selfSignedCertificate } from './certificate.ts';

export { memberIdOf } from './certificate.ts';
export { verifySignature } from './signature.ts';

/** The identity of this member: a P-256 key and a self-signed certificate. */
export interface Identity {
  readonly id: MemberId;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly certPem: string;
  readonly keyPem: string;
  /** ECDSA P-256 with SHA-256, 64 bytes (IEEE P1363). */
  sign(bytes: Uint8Array): Uint8Array;
}

const FILE_NAME = 'identity.pem';
/** Most bytes of an identity file; a valid one has about 800. */
const MAX_FILE_BYTES = 16_384;

/** A new identity that is not stored. */
export function ephemeralIdentity(): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return identityOf(privateKey, selfSignedCertificate(publicKey, privateKey, randomBytes(15)));
}

/**
 * The identity of this installation, from `identity.pem` in `configDir` (made with mode 0600, with its folder, when
 * missing). Of several processes that start at once, one creates it and all get the same. A file that cannot be used
 * is renamed and replaced, with a notice to `onNotice`.
 * @throws DragonloadError `unwritable` when the folder or the file cannot be read or made.
 */
export async function loadIdentity(
  configDir: string,
  options: { onNotice?: (message: string) => void } = {},
): Promise<Identity> {
  const path = join(configDir, FILE_NAME);
  try {
    await mkdir(configDir, { recursive: true, mode: 0o700 });
    // Each round either succeeds or finds that another process was faster; a few rounds are enough.
    for (let round = 0; round < 5; round++) {
      const text = await readIfThere(path);
      if (text !== undefined) {
        const identity = parseIdentity(text);
        if (identity !== undefined) return identity;
        const kept = await setAside(path, text);
        if (kept)
          options.onNotice?.(
            `The identity in ${path} was damaged: it is kept as ${kept}, and this member has a new one.`,
          );
      }
      const created = ephemeralIdentity();
      if (await createExclusively(path, created.keyPem + created.certPem)) return created;
    }
    throw new Error(`${path} keeps changing`);
  } catch (cause) {
    if (cause instanceof DragonloadError) throw cause;
    throw new DragonloadError(
      'unwritable',
      `The identity of this member could not be kept in ${configDir}.`,
      {
        facts: { path: configDir },
        hint: { kind: 'choose-home', path: configDir, instead: 'change-permissions' },
        cause,
      },
    );
  }
}

function identityOf(key: KeyObject, certificate: Uint8Array): Identity {
  return {
    id: memberIdOf(certificate),
    certificate,
    certPem: certificatePem(certificate),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    sign: (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }),
  };
}

/** The identity in the text; undefined unless it has a P-256 key and the certificate of that key. */
function parseIdentity(text: string): Identity | undefined {
  try {
    const key = createPrivateKey(text);
    const certificate = new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE')));
    const matches = publicKeyOf(certificate.raw).equals(createPublicKey(key));
    return matches ? identityOf(key, certificate.raw) : undefined;
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r');
    await using _ = file;
    const stat = await file.stat();
    if ((stat.mode & 0o077) !== 0) await chmod(path, 0o600);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Moves a damaged file out of the way; undefined when another process has repaired or moved it meanwhile. */
async function setAside(path: string, damaged: string): Promise<string | undefined> {
  const kept = `${path}.damaged-${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, kept);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if ((await readFile(kept, 'latin1')).startsWith(damaged)) return kept;
  // It was repaired between the check and the move: move it back, unless a third process has made its own.
  await link(kept, path).catch(() => {});
  await unlink(kept);
  return undefined;
}

/** Writes a whole file or none; false when there is one already. */
async function createExclusively(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // Unlike a rename, a link fails when the name is taken.
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    // A file system without hard links (FAT): the last of several processes wins, and all but it re-read.
    await rename(temporary, path);
    return (await readFile(path, 'latin1')) === text;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}
