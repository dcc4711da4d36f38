import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { LocalAddresses } from '../addresses/local-addresses.ts';
import { isPublicAddress, literalAddress, privateAddressError } from '../addresses/private-address.ts';
import type { Reads } from './reads.ts';

/** RFC 8305 (Happy Eyeballs), 5: how long to wait before the next address is tried as well. */
const NEXT_ADDRESS_MS = 250;
/** Most addresses of a name that are tried. */
const MAX_ADDRESSES = 16;

export interface DialOptions {
  readonly family?: 4 | 6 | undefined;
  /** Where to connect from. */
  readonly localAddresses?: LocalAddresses | undefined;
  /** Only to addresses of the public internet; others fail with `ERR_PRIVATE_ADDRESS`. Default: anywhere. */
  readonly publicOnly?: boolean | undefined;
  /** Default: the system's. */
  readonly lookup?: LookupFunction | undefined;
  /** The read buffer for the socket, which then owns it. */
  readonly reads?: Reads | undefined;
  readonly signal: AbortSignal;
}

/**
 * The addresses of a host, those of the two families in turn so that one broken family costs little. The connection
 * goes to exactly these, so that a name that resolves to another address the next time (DNS rebinding) has no effect.
 * Rejects with the lookup's error, with `ERR_PRIVATE_ADDRESS`, or with the signal's reason.
 */
export async function addressesOf(host: string, options: DialOptions): Promise<readonly LookupAddress[]> {
  const literal = literalAddress(host);
  const found =
    literal === undefined
      ? await lookUp(host, options)
      : [{ address: literal, family: literal.includes(':') ? 6 : 4 }];
  const { family } = options;
  if (literal !== undefined && family !== undefined && found[0]!.family !== family)
    throw Object.assign(new Error(`no address of IPv${family}`), { code: 'EADDRNOTAVAIL' });
  const open = options.publicOnly === true ? found.filter((one) => isPublicAddress(one.address)) : found;
  if (open.length === 0) throw privateAddressError(host);
  const { localAddresses } = options;
  const usable = open.filter(
    ({ family }) => localAddresses === undefined || localAddresses[family as 4 | 6] !== undefined,
  );
  if (usable.length === 0) {
    const version = open[0]?.family === 6 ? 'IPv6' : 'IPv4';
    throw Object.assign(new Error(`no ${version} address to connect from`), { code: 'EADDRNOTAVAIL' });
  }
  const first = usable.filter((one) => one.family === usable[0]!.family);
  const second = usable.filter((one) => one.family !== usable[0]!.family);
  return first
    .flatMap((one, i) => (second[i] === undefined ? [one] : [one, second[i]]))
    .concat(second.slice(first.length))
    .slice(0, MAX_ADDRESSES);
}

/**
 * A TCP connection to a host. Its addresses are tried in parallel, each 250 ms after the one before or as soon as that
 * has failed; the first connection that opens is taken. Unlike Node's own `autoSelectFamily`, a slow attempt is not
 * given up for the next one, so that distant hosts are reached too. Rejects with the most telling error, or with the
 * signal's reason.
 */
export async function dial(host: string, port: number, options: DialOptions): Promise<Socket> {
  options.signal.throwIfAborted();
  return race(await addressesOf(host, options), port, options);
}

function race(addresses: readonly LookupAddress[], port: number, options: DialOptions): Promise<Socket> {
  const { signal, localAddresses, reads, publicOnly } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const open = new Set<Socket>();
  const errors: NodeJS.ErrnoException[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  const finish = () => {
    over = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    for (const socket of open) socket.destroy();
  };
  const abort = () => {
    finish();
    reject(signal.reason);
  };
  const failed = (socket: Socket, error: NodeJS.ErrnoException) => {
    open.delete(socket);
    errors.push(error);
    if (over) return;
    if (next < addresses.length) attempt();
    else if (open.size === 0) {
      finish();
      reject(mostTelling(errors));
    }
  };
  const attempt = () => {
    clearTimeout(timer);
    const { address, family } = addresses[next]!;
    next += 1;
    const localAddress = localAddresses?.[family as 4 | 6];
    const socket = connect({
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 1000,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(reads === undefined ? {} : { onread: reads.onread }),
    });
    open.add(socket);
    // Stays for the life of the socket; its next owner adds a listener of its own.
    socket.on('error', (error) => failed(socket, error));
    socket.once('connect', () => {
      if (over) return;
      const { remoteAddress = '' } = socket;
      // The lookup has let only public addresses through; this check does not depend on it.
      if (publicOnly === true && !isPublicAddress(remoteAddress)) {
        socket.destroy(privateAddressError(remoteAddress));
        return;
      }
      open.delete(socket);
      finish();
      if (reads !== undefined) reads.socket = socket;
      resolve(socket);
    });
    if (next < addresses.length) timer = setTimeout(attempt, NEXT_ADDRESS_MS);
  };

  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  else attempt();
  return promise;
}

const NO_WAY = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** The error of an IP family that this machine lacks tells less than the error of the other family. */
function mostTelling(errors: readonly NodeJS.ErrnoException[]): Error {
  return errors.find((error) => !NO_WAY.has(error.code ?? '')) ?? errors[0]!;
}

function lookUp(host: string, { lookup, family, signal }: DialOptions): Promise<LookupAddress[]> {
  const { promise, resolve, reject } = Promise.withResolvers<LookupAddress[]>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const ask = lookup ?? (dnsLookup as LookupFunction);
  ask(host, { all: true, family: family ?? 0 }, (error, found) => {
    if (error !== null) reject(error);
    else resolve(found as LookupAddress[]);
  });
  return promise.finally(() => signal.removeEventListener('abort', abort));
}
