import type { NetworkInterfaceInfo } from 'node:os';
import ipaddr from 'ipaddr.js';

/** What `os.networkInterfaces()` returns. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Connections to a network, as an interface with an IPv4 address or the /64 prefix of an IPv6 address: `wlan0
 * 192.0.2.7`.
 */
export interface NetworkChange {
  readonly appeared: readonly string[];
  /** Connections over these are dead, even if they have not failed yet. */
  readonly vanished: readonly string[];
}

/** Interfaces of containers and virtual machines that come and go, and do not lead beyond this machine. */
const VIRTUAL =
  /^(?:docker|br-|veth|virbr|vnet|vmnet|vboxnet|bridge1\d\d$|lxcbr|lxdbr|podman|cni|cali|flannel|kube|dummy|ifb)/;
/** The name of all Hyper-V switches. Those that the user has made may lead to other networks. */
const VIRTUAL_SWITCH = /^vEthernet \((?:WSL|Default Switch)/;

/**
 * The connections of this machine to networks. Left out is what changes without effect: loopback, link-local
 * addresses, containers, and which address of an IPv6 prefix is in use, since temporary ones rotate (RFC 8981). Tunnels
 * count: a VPN that comes up changes the route to the origin.
 */
export function networkWays(interfaces: Interfaces): ReadonlySet<string> {
  const ways = new Set<string>();
  for (const [name, infos] of Object.entries(interfaces)) {
    if (VIRTUAL.test(name) || VIRTUAL_SWITCH.test(name)) continue;
    for (const info of infos ?? []) {
      const network = info.internal ? undefined : networkOf(info.address);
      if (network !== undefined) ways.add(`${name} ${network}`);
    }
  }
  return ways;
}

function networkOf(address: string): string | undefined {
  const [plain = ''] = address.split('%');
  if (!ipaddr.isValid(plain)) return undefined;
  const ip = ipaddr.parse(plain);
  if (ip.range() === 'linkLocal' || ip.range() === 'loopback') return undefined;
  if (ip instanceof ipaddr.IPv4) return ip.toString();
  const prefix = ip.parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}

/** The connections that came and went; undefined if there are none. */
export function networkChange(
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): NetworkChange | undefined {
  const appeared = [...after.difference(before)];
  const vanished = [...before.difference(after)];
  return appeared.length + vanished.length === 0 ? undefined : { appeared, vanished };
}
