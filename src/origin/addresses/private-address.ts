import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The `code` of the error with which a guarded connection to a private address fails. */
export const PRIVATE_ADDRESS = 'ERR_PRIVATE_ADDRESS';

/**
 * Whether an IP address belongs to the public internet: unicast by the IANA special-purpose registries (RFC 6890),
 * so neither loopback, private, link-local, unique local, shared, multicast nor reserved. An IPv4 address inside an
 * IPv6 one (mapped, RFC 4291; NAT64, RFC 6052) is judged as that IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.range() === 'rfc6052') {
    return new ipaddr.IPv4(parsed.toByteArray().slice(12)).range() === 'unicast';
  }
  return parsed.range() === 'unicast';
}

/** The host of a URL when it is an IP address (brackets removed), else `undefined`. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

export function privateAddressError(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} is an address of a private network`), { code: PRIVATE_ADDRESS });
}
