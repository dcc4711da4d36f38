import type { Socket } from 'node:net';
import { authority, type ProxyAddress } from '../addresses/proxies.ts';
import { proxyAuthorization } from '../addresses/proxy-authorization.ts';
import { malformedAnswer, ProxyError, proxyAuthError } from '../addresses/proxy-error.ts';
import { SocketReader } from './socket-reader.ts';

/** The error for a proxy that closes the connection or sends too much. */
export function brokenOff(proxy: ProxyAddress): (reason: 'ended' | 'too much', cause?: Error) => Error {
  return (reason, cause) =>
    reason === 'too much'
      ? malformedAnswer(proxy)
      : new ProxyError(proxy, {
          what: 'closed the connection',
          hint: { kind: 'choose-proxy', instead: 'wait' },
          passing: true,
          cause,
        });
}

/**
 * Asks an HTTP proxy, over a connection to it, for a tunnel to `host:port` (RFC 9110, 9.3.6). When it resolves, the
 * socket leads to the origin. Throws `ProxyError`. Only the status of its answer is used.
 */
export async function openConnectTunnel(
  socket: Socket,
  proxy: ProxyAddress,
  host: string,
  port: number,
): Promise<void> {
  const target = authority(host, port);
  const credentials = proxyAuthorization(proxy);
  using reader = new SocketReader(socket, brokenOff(proxy));
  socket.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${
      credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`
    }\r\n`,
    'latin1',
  );
  const head = (await reader.take(headLength)).toString('latin1');
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1]);
  if (status === 407) throw proxyAuthError(proxy);
  if (status >= 400 && status < 600) {
    throw new ProxyError(proxy, {
      code: status < 500 ? 'origin-refused' : 'origin-failed',
      what: `refuses a connection to ${target} (HTTP ${status})`,
      hint: { kind: 'choose-proxy', instead: status < 500 ? 'ask-owner' : 'check-address' },
      passing: status >= 500,
    });
  }
  // With TLS the client speaks first: more bytes here come from the proxy.
  if (!(status >= 200 && status < 300) || reader.hasMore) throw malformedAnswer(proxy);
}

/**
 * The length of the head, up to the empty line; of bytes that cannot become a head, their own length, to fail at once.
 */
function headLength(bytes: Buffer): number | undefined {
  const start = bytes.subarray(0, 7).toString('latin1');
  if (!'HTTP/1.'.startsWith(start)) return bytes.length;
  const end = bytes.indexOf('\r\n\r\n');
  return end === -1 ? undefined : end + 4;
}
