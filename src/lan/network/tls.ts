import { createHash, type X509Certificate } from 'node:crypto';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { DragonloadError } from '../../core/errors.ts';
import type { MemberId } from '../../core/ids.ts';
import { publicKeyOf } from '../identity/certificate.ts';
import type { Identity } from '../identity/identity.ts';
import type { HostPort } from './addresses.ts';
import type { SocketReader } from './socket-reader.ts';

/** AES-128-GCM first: the fastest wherever the processor has AES instructions. TLS 1.3 names (RFC 8446, B.4). */
export const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
/** Longest time from the first packet to the end of the TLS handshake. */
export const HANDSHAKE_TIMEOUT_MS = 5000;
/** The use of a connection, by its ALPN protocol: `h2` for a session, `http/1.1` for bulk bytes. */
export type Protocol = 'h2' | 'http/1.1';

/** Who is at the other end of a TLS connection. */
export interface Peer {
  readonly id: MemberId;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** The TLS context with which this member dials. */
export function diallerContext(identity: Identity): SecureContext {
  return createSecureContext({
    cert: identity.certPem,
    key: identity.keyPem,
    minVersion: 'TLSv1.3',
    ciphers: CIPHERS,
  });
}

/**
 * The peer of a connection, by the certificate whose key it has used in this handshake. Chains and names do not matter.
 * A resumed connection has no certificate (node #35317), so its peer counts as unknown.
 * @throws DragonloadError `bad-peer` without a certificate, or with one that is too long or of another kind than members
 * have.
 */
export function peerOf(socket: TLSSocket): Peer {
  const certificate: X509Certificate | undefined = socket.isSessionReused()
    ? undefined
    : socket.getPeerX509Certificate();
  if (certificate === undefined)
    throw new DragonloadError('bad-peer', 'The other side showed no certificate.');
  const { raw } = certificate;
  publicKeyOf(raw);
  return { id: createHash('sha256').update(raw).digest('hex'), certificate: raw };
}

/**
 * Opens a TLS connection and returns it with its peer; the caller checks whether it is the right one before it sends a
 * byte. With a `reader` all bytes that arrive go to its sink. Aborting closes the connection at any stage.
 */
export function connectTls(
  { host, port }: HostPort,
  options: {
    context: SecureContext;
    protocol: Protocol;
    reader?: SocketReader | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<{ socket: TLSSocket; peer: Peer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ socket: TLSSocket; peer: Peer }>();
  const socket = connect({
    host,
    port,
    secureContext: options.context,
    ALPNProtocols: [options.protocol],
    rejectUnauthorized: false,
    servername: '',
    minVersion: 'TLSv1.3',
    ...(options.reader === undefined ? {} : { onread: options.reader.options() }),
  });
  socket.setNoDelay(true);
  const fail = (error: unknown) => {
    stop();
    socket.on('error', () => {});
    socket.destroy();
    reject(error);
  };
  const onAbort = () => fail(options.signal?.reason);
  const onTimeout = () => fail(new Error('no answer in time'));
  const onClose = () => fail(new Error('closed during the handshake'));
  const timer = setTimeout(onTimeout, HANDSHAKE_TIMEOUT_MS);
  const stop = () => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    socket.off('error', fail).off('close', onClose);
  };
  socket.once('error', fail).once('close', onClose);
  socket.once('secureConnect', () => {
    try {
      if (socket.alpnProtocol !== options.protocol)
        throw new Error('something else than Dragonload answers there');
      const peer = peerOf(socket);
      stop();
      resolve({ socket, peer });
    } catch (error) {
      fail(error);
    }
  });
  if (options.signal?.aborted) onAbort();
  else options.signal?.addEventListener('abort', onAbort);
  return promise;
}
