import { BlockList, isIP, isIPv6 } from 'node:net';
import { type HostPort, isLinkLocal, isLoopback, type LocalAddress } from './addresses.ts';

/** What is known of this machine when the addresses of a member are put in order. */
export interface RankOptions {
  readonly local: readonly LocalAddress[];
  /** The local address of connections to the origin: its interface is the last choice for LAN bytes. */
  readonly originLocalAddress?: string | undefined;
  /** An address that has worked for this member before: first among equal ones. */
  readonly known?: string | undefined;
}

/** Link-local IPv6 is tried on at most this many interfaces. */
const MAX_ZONES = 4;

/**
 * The addresses in the order in which to try them: same subnet on another interface than the origin's, same subnet,
 * everything routed, addresses that this machine has itself (the member is local, or the address is of a private
 * bridge that both have), link-local. Loopback addresses are left out unless there are no others.
 */
export function rankAddresses(addresses: readonly HostPort[], options: RankOptions): readonly HostPort[] {
  const originInterface = interfaceOf(options.originLocalAddress, options.local);
  const subnets = options.local
    .filter(({ loopback }) => !loopback)
    .map((entry) => ({ entry, list: subnetOf(entry) }));
  const outward = addresses.filter(({ host }) => !isLoopback(host));

  const classOf = ({ host }: HostPort): number => {
    if (isLoopback(host)) return 0;
    if (isLinkLocal(host)) return 4;
    const version = isIP(host);
    if (version === 0) return 2;
    if (options.local.some((entry) => entry.host === host)) return 3;
    const direct = subnets.filter(({ list }) => list.check(host, version === 6 ? 'ipv6' : 'ipv4'));
    if (direct.length === 0) return 2;
    return direct.some(({ entry }) => entry.interfaceName !== originInterface) ? 0 : 1;
  };

  return (outward.length > 0 ? outward : addresses)
    .flatMap((address) => withZones(address, options.local))
    .map((address, index) => ({
      address,
      key: [classOf(address), address.host === options.known ? 0 : 1, index],
    }))
    .toSorted((a, b) => a.key[0]! - b.key[0]! || a.key[1]! - b.key[1]! || a.key[2]! - b.key[2]!)
    .map(({ address }) => address);
}

function interfaceOf(host: string | undefined, local: readonly LocalAddress[]): string | undefined {
  return host === undefined ? undefined : local.find((entry) => entry.host === host)?.interfaceName;
}

function subnetOf({ cidr, host }: LocalAddress): BlockList {
  const list = new BlockList();
  list.addSubnet(host, Number(cidr.slice(cidr.indexOf('/') + 1)), isIPv6(host) ? 'ipv6' : 'ipv4');
  return list;
}

/** A link-local IPv6 address is only valid with an interface: it is tried on each possible one. */
function withZones(address: HostPort, local: readonly LocalAddress[]): readonly HostPort[] {
  if (!isIPv6(address.host) || !isLinkLocal(address.host) || address.host.includes('%')) return [address];
  const names = local
    .filter(({ host, loopback }) => !loopback && isLinkLocal(host) && isIPv6(host))
    .map((entry) => entry.interfaceName);
  return [...new Set(names)]
    .slice(0, MAX_ZONES)
    .map((name) => ({ ...address, host: `${address.host}%${name}` }));
}
