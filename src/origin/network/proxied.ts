import { isIP, type Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { literalAddress } from '../addresses/private-address.ts';
import type { ProxyAddress } from '../addresses/proxies.ts';
import { ProxyError } from '../addresses/proxy-error.ts';
import { openConnectTunnel } from './connect-tunnel.ts';
import { addressesOf, type DialOptions, dial } from './dial.ts';
import { nodeTls } from './node-http.ts';
import { openSocksTunnel } from './socks-tunnel.ts';

export interface ProxiedOptions extends DialOptions {
  /** Where the tunnel leads; undefined: only a connection to the proxy itself is wanted. */
  readonly target: { readonly host: string; readonly port: number } | undefined;
  /** Whether names resolved here must have public addresses. The proxy itself may have any address. */
  readonly publicOnly: boolean;
  /** The certificates by which the proxy's own certificate is checked. */
  readonly trust: () => SecureContextOptions;
}

/**
 * A connection to a proxy or, through it, to a target. Throws `ProxyError`; what looking up a target's name throws; or
 * the signal's reason.
 */
export async function openThrough(proxy: ProxyAddress, options: ProxiedOptions): Promise<Socket> {
  const { signal, target } = options;
  const isSecure = proxy.scheme === 'https';
  const raw = await reach(proxy, isSecure ? { ...options, reads: undefined } : options);
  const stop = () => void raw.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const socket = isSecure ? await encrypt(raw, proxy, options) : raw;
    if (target !== undefined) {
      if (proxy.scheme === 'http' || isSecure) {
        await openConnectTunnel(socket, proxy, target.host, target.port);
      } else {
        await openSocksTunnel(socket, proxy, await socksHost(proxy, target.host, options), target.port);
      }
    }
    signal.throwIfAborted();
    return socket;
  } catch (thrown) {
    raw.destroy();
    throw signal.aborted ? signal.reason : thrown;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function reach(proxy: ProxyAddress, options: ProxiedOptions): Promise<Socket> {
  try {
    return await dial(proxy.host, proxy.port, { ...options, publicOnly: false });
  } catch (cause) {
    if (options.signal.aborted) throw cause;
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    const isUnknown = code === 'ENOTFOUND' || code === 'ENODATA';
    throw new ProxyError(proxy, {
      code: isUnknown ? 'dns' : 'origin-failed',
      what: isUnknown ? 'has a name that could not be found' : `cannot be reached (${code})`,
      hint: { kind: 'check-proxy' },
      passing: !isUnknown,
      cause,
    });
  }
}

function encrypt(raw: Socket, proxy: ProxyAddress, options: ProxiedOptions): Promise<Socket> {
  const { trust, reads, target } = options;
  const tls = nodeTls();
  // Through a tunnel it is the origin's connection that reads much at a time.
  const own = target === undefined ? reads : undefined;
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = tls.connect({
      socket: raw,
      host: proxy.host,
      ...(isIP(proxy.host) === 0 ? { servername: proxy.host } : {}),
      secureContext: tls.createSecureContext(trust()),
      ALPNProtocols: ['http/1.1'],
      ...(own === undefined ? {} : { onread: own.onread }),
    });
    if (own !== undefined) own.socket = socket;
    socket.once('secureConnect', () => resolve(socket));
    const fail = (cause?: NodeJS.ErrnoException) =>
      reject(
        new ProxyError(proxy, {
          code: 'tls',
          what: `cannot be reached securely (${cause?.code ?? 'closed'})`,
          hint: { kind: 'check-proxy' },
          cause,
        }),
      );
    socket.on('error', fail);
    socket.once('close', () => fail());
  });
}

/** The host to send to a SOCKS proxy: the name itself, or its address as resolved here. */
async function socksHost(proxy: ProxyAddress, host: string, options: ProxiedOptions): Promise<string> {
  const literal = literalAddress(host);
  if (literal !== undefined || proxy.scheme === 'socks5h') return literal ?? host;
  const [first] = await addressesOf(host, { ...options, localAddresses: undefined });
  return first!.address;
}
