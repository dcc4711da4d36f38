/** Names that lead nowhere but inside, by the registries of special-use names (RFC 6761, 6762, 8375; ICANN: internal). */
const INSIDE = /(^|\.)(localhost|local|internal|localdomain|home\.arpa|lan|intranet|corp|home)$/;

/**
 * Whether a host name means a machine of the inside: a special-use name, or one without a dot, which only a search list
 * completes. For names that a proxy resolves, so that their addresses cannot be seen.
 */
export function isInsideName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return !name.includes('.') || INSIDE.test(name);
}
