import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Most addresses that a member lists. */
export const MAX_ADDRESSES = 16;

/** Where a member may be reached. `host` is an IP address (an IPv6 one may have a zone) or a host name. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Interfaces of containers, virtual machines and tunnels: usable, but they seldom lead to another member. */
const VIRTUAL = /^(docker|br-|virbr|veth|vmnet|vboxnet|vEthernet|tun|tap|utun|wg|zt|tailscale)/i;

/** `host:port`, with IPv6 in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads `host:port` or `[v6]:port`; undefined when it is neither. IPv4-mapped IPv6 comes back as IPv4. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45}(?:%[\w.-]{1,32})?)\]|([A-Za-z0-9._-]{1,253})):([0-9]{1,5})$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, v6, other, digits] = match;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (v6 !== undefined) return isIPv6(v6) ? { host: unmapped(v6), port } : undefined;
  // Only digits and dots, but not an address: a typing error, and no host name (RFC 1123, 2.1).
  if (/^[0-9.]+$/.test(other!) && isIP(other!) !== 4) return undefined;
  return { host: other!, port };
}

/** IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), as sockets on `::` report it, as plain IPv4; anything else as it is. */
export function unmapped(host: string): string {
  const match = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  return match === null ? host : match[1]!;
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1' || host === 'localhost';
}

/** True for 169.254.0.0/16 and fe80::/10. */
export function isLinkLocal(host: string): boolean {
  return host.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/i.test(host);
}

/** One address of this machine. */
export interface LocalAddress {
  readonly interfaceName: string;
  readonly host: string;
  /** With its prefix length, as in `192.168.1.5/24`. */
  readonly cidr: string;
  readonly loopback: boolean;
}

/** All addresses of this machine that are up. */
export function localAddresses(): readonly LocalAddress[] {
  const found: LocalAddress[] = [];
  for (const [interfaceName, infos] of Object.entries(networkInterfaces())) {
    for (const info of infos ?? []) {
      if (info.cidr === null) continue;
      found.push({ interfaceName, host: info.address, cidr: info.cidr, loopback: info.internal });
    }
  }
  return found;
}

/**
 * The addresses at which this member listens, to tell others: best first, as `host:port`, at most 16. Every address of
 * every interface for a wildcard `bindHost`, else that address alone. Loopback addresses only when there are no others.
 */
export function listenAddresses(bindHost: string, port: number, local = localAddresses()): readonly string[] {
  if (bindHost !== '::' && bindHost !== '0.0.0.0') return [formatHostPort({ host: bindHost, port })];
  const usable = local.filter(({ host }) => bindHost === '::' || !isIPv6(host));
  const outward = usable.filter(({ loopback }) => !loopback);
  const told = (outward.length > 0 ? outward : usable).toSorted((a, b) => order(a) - order(b));
  return told.slice(0, MAX_ADDRESSES).map(({ host }) => formatHostPort({ host, port }));
}

function order({ interfaceName, host }: LocalAddress): number {
  return (isLinkLocal(host) ? 4 : 0) + (VIRTUAL.test(interfaceName) ? 2 : 0) + (isIPv6(host) ? 1 : 0);
}
