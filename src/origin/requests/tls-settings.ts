import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { DragonloadError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { sameHost } from '../../url/web-url.ts';
import { readSettingsFile, type SettingsFile, settingsFileError } from './settings-file.ts';

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const KEY =
  /-----BEGIN (?:[A-Z0-9]+ )?(?:ENCRYPTED )?PRIVATE KEY-----[\s\S]+?-----END [A-Z0-9 ]*PRIVATE KEY-----/;
/** The environment variable with the passphrase of an encrypted key. */
const PASSPHRASE = 'DRAGONLOAD_KEY_PASSPHRASE';

/** A client certificate with its key. It is shown to the hosts that the user named and to no others. */
export class ClientCertificate {
  /** PEM: the certificate and its chain. */
  readonly cert: string;
  /** PEM, not encrypted. */
  readonly key: string;
  readonly #named: URL[] = [];

  constructor(cert: string, key: string) {
    this.cert = cert;
    this.key = key;
  }

  /** The user has named this URL: its host may see the certificate. */
  allow(url: URL): void {
    if (!this.isFor(url)) this.#named.push(new URL(url.origin));
  }

  /** Whether the host of the URL is one that the user has named. */
  isFor(url: URL): boolean {
    return this.#named.some((named) => sameHost(named, url));
  }
}

/** The certificates of a PEM file, to be trusted besides the usual ones. Throws `usage`. */
export async function readCertificates(path: string): Promise<string> {
  return certificatesOf(await readSettingsFile('certificate file', path), 'certificate file').join('\n');
}

/**
 * A client certificate and its key, from one PEM file or two. The passphrase of an encrypted key is taken from
 * `DRAGONLOAD_KEY_PASSPHRASE`. Throws `usage`, also when the two do not belong together.
 */
export async function readClientCertificate(
  certificateFile: string,
  keyFile: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<ClientCertificate> {
  const file = await readSettingsFile('client certificate', certificateFile);
  const certificates = certificatesOf(file, 'client certificate');
  const keyHolder = keyFile === undefined ? file : await readSettingsFile('client key', keyFile);
  const key = keyOf(keyHolder, env[PASSPHRASE]);
  if (!new X509Certificate(certificates[0]!).checkPrivateKey(key)) {
    throw settingsFileError(
      'client key',
      keyHolder.path,
      'does not belong to the certificate',
      'Give the key that the certificate was made for; the certificate itself comes first in its file.',
    );
  }
  return new ClientCertificate(
    certificates.join('\n'),
    key.export({ type: 'pkcs8', format: 'pem' }) as string,
  );
}

function certificatesOf({ path, bytes }: SettingsFile, what: string): string[] {
  const found = bytes.toString('latin1').match(CERTIFICATE) ?? [];
  const next = 'Give a file in the PEM form: text with -----BEGIN CERTIFICATE----- in it.';
  if (found.length === 0) throw settingsFileError(what, path, 'has no certificate in the PEM form', next);
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw settingsFileError(what, path, `cannot be read: certificate ${index + 1} is damaged`, next, cause);
    }
  }
  return found;
}

function keyOf({ path, bytes }: SettingsFile, passphrase: string | undefined): KeyObject {
  const fail = (wrong: string, next: string | Hint): DragonloadError =>
    // Without the cause: nothing of a key goes into a report.
    settingsFileError('client key', path, wrong, next);
  const [pem] = KEY.exec(bytes.toString('latin1')) ?? [];
  if (pem === undefined) {
    throw fail('has no private key in the PEM form', { kind: 'give-key' });
  }
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    if (!/ENCRYPTED/.test(pem)) throw fail('has a damaged private key', 'Copy the file anew.');
    if (passphrase === undefined)
      throw fail(
        'has an encrypted private key',
        `Put its passphrase into the environment variable ${PASSPHRASE}.`,
      );
    throw fail(
      'has a private key that the passphrase does not open',
      `Check the environment variable ${PASSPHRASE}.`,
    );
  }
}
