/**
 * Names that only ever stand for private addresses, by the registries of special-use names (RFC 6761, 6762, 8375;
 * ICANN: internal).
 */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|localdomain|home\.arpa|lan|intranet|corp|home)$/;

/**
 * Whether a host name stands for a private address: a special-use name, or one without a dot, which only a search list
 * completes. For names that a proxy resolves, since their addresses cannot be seen here.
 */
export function isPrivateName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return !name.includes('.') || PRIVATE_NAME.test(name);
}
