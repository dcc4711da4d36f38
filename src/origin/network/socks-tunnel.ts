import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { authority, type ProxyAddress } from '../addresses/proxies.ts';
import { malformedAnswer, ProxyError, proxyAuthError } from '../addresses/proxy-error.ts';
import { brokenOff } from './connect-tunnel.ts';
import { SocketReader } from './socket-reader.ts';

const VERSION = 5;
const NO_AUTH = 0;
const USER_PASSWORD = 2;
const NO_METHOD = 0xff;
const TYPE_V4 = 1;
const TYPE_NAME = 3;
const TYPE_V6 = 4;
/** What the reply codes of RFC 1928, 6 mean. Those marked may pass. */
const REPLIES: Readonly<Record<number, readonly [what: string, passing: boolean]>> = {
  1: ['has failed', true],
  2: ['does not allow the connection', false],
  3: ['cannot reach the network', true],
  4: ['cannot reach the host', true],
  5: ['was refused the connection', true],
  6: ['got no answer in time', true],
  7: ['does not know how to connect', false],
  8: ['does not know this kind of address', false],
};

/**
 * Asks a SOCKS5 proxy, over a connection to it, for a connection to `host:port` (RFC 1928), with the user and password
 * of the proxy, if there are any (RFC 1929). `host` is an address, or a name for the proxy to resolve. When it
 * resolves, the socket leads to the origin. Throws `ProxyError`.
 */
export async function openSocksTunnel(
  socket: Socket,
  proxy: ProxyAddress,
  host: string,
  port: number,
): Promise<void> {
  using reader = new SocketReader(socket, brokenOff(proxy));
  const hasUser = proxy.user !== '' || proxy.password !== '';
  const methods = hasUser ? [NO_AUTH, USER_PASSWORD] : [NO_AUTH];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method] = await reader.take(() => 2);
  if (version !== VERSION) throw malformedAnswer(proxy);
  if (method === NO_METHOD) throw proxyAuthError(proxy);
  if (!methods.includes(method!)) throw malformedAnswer(proxy);
  if (method === USER_PASSWORD) await logIn(socket, reader, proxy);

  socket.write(Buffer.concat([Buffer.from([VERSION, 1, 0]), addressOf(host, proxy), portOf(port)]));
  const reply = await reader.take(replyLength);
  if (reply[0] !== VERSION || reader.hasMore) throw malformedAnswer(proxy);
  if (reply[1] === 0) {
    if (typeLength(reply) === undefined) throw malformedAnswer(proxy);
    return;
  }
  const [what, passing] = REPLIES[reply[1]!] ?? ['has failed', false];
  throw new ProxyError(proxy, {
    code: reply[1] === 2 ? 'origin-refused' : 'origin-failed',
    what: `${what} (${authority(host, port)})`,
    hint: { kind: 'choose-proxy', instead: 'check-address' },
    passing,
  });
}

/** RFC 1929. */
async function logIn(socket: Socket, reader: SocketReader, proxy: ProxyAddress): Promise<void> {
  const [user, password] = [Buffer.from(proxy.user), Buffer.from(proxy.password)];
  socket.write(
    Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]),
  );
  const [version, status] = await reader.take(() => 2);
  if (version !== 1) throw malformedAnswer(proxy);
  if (status !== 0) throw proxyAuthError(proxy);
}

function addressOf(host: string, proxy: ProxyAddress): Buffer {
  if (ipaddr.isValid(host)) {
    const bytes = ipaddr.parse(host.replace(/%.*$/, '')).toByteArray();
    return Buffer.from([bytes.length === 4 ? TYPE_V4 : TYPE_V6, ...bytes]);
  }
  const name = Buffer.from(host, 'latin1');
  if (name.length > 255) throw malformedAnswer(proxy);
  return Buffer.concat([Buffer.from([TYPE_NAME, name.length]), name]);
}

function portOf(port: number): Buffer {
  return Buffer.from([port >> 8, port & 255]);
}

/** The length of a reply; of a failed or malformed reply, the length of the part that shows it. */
function replyLength(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  if (bytes[0] !== VERSION || bytes[1] !== 0) return bytes.length;
  if (bytes.length < 5) return undefined;
  return typeLength(bytes) ?? bytes.length;
}

/** Version, reply, reserved, type, address, port; undefined for a type that does not exist. */
function typeLength(bytes: Buffer): number | undefined {
  switch (bytes[3]) {
    case TYPE_V4:
      return 4 + 4 + 2;
    case TYPE_V6:
      return 4 + 16 + 2;
    case TYPE_NAME:
      return 4 + 1 + bytes[4]! + 2;
    default:
      return undefined;
  }
}
