import ipaddr from 'ipaddr.js';
import { literalAddress } from './private-address.ts';

/** Most entries of NO_PROXY that are read; the rest is ignored. */
const MAX_ENTRIES = 10_000;

/**
 * The hosts that are reached without a proxy, as a list in the form of NO_PROXY: separated by commas or spaces; `*` for
 * all; a name stands for itself and its subdomains, with or without a leading dot or `*.`; addresses and CIDR blocks
 * (RFC 4632) stand for addresses; `:port` after a name or address narrows it. Any other entry matches nothing.
 */
export function noProxyMatcher(list: string): (url: URL) => boolean {
  const tests = list
    .split(/[\s,]+/, MAX_ENTRIES)
    .filter((entry) => entry !== '')
    .map(entryMatcher);
  return (url) => {
    const host = bareHost(url);
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return tests.some((test) => test(host, port));
  };
}

/** Whether the URL itself says that it leads to this machine: `localhost` (RFC 6761, 6.3) or a loopback address. */
export function isLoopback(url: URL): boolean {
  const host = bareHost(url);
  if (ipaddr.isValid(host)) return ipaddr.process(host).range() === 'loopback';
  return host === 'localhost' || host.endsWith('.localhost');
}

type Test = (host: string, port: string) => boolean;

/** In lower case, without brackets and without a final dot. */
function bareHost(url: URL): string {
  return (literalAddress(url.hostname) ?? url.hostname).replace(/\.$/, '').toLowerCase();
}

function entryMatcher(entry: string): Test {
  if (entry === '*') return () => true;
  if (entry.includes('/')) return blockMatcher(entry);
  const [, bracketed, plain, onlyPort] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [
    '',
    undefined,
    entry,
    undefined,
  ];
  const name = (bracketed ?? plain ?? '')
    .replace(/^\*?\./, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (name === '') return () => false;
  const address = ipaddr.isValid(name) ? ipaddr.process(name).toNormalizedString() : undefined;
  return (host, port) => {
    if (onlyPort !== undefined && onlyPort !== port) return false;
    if (address !== undefined)
      return ipaddr.isValid(host) && ipaddr.process(host).toNormalizedString() === address;
    return host === name || host.endsWith(`.${name}`);
  };
}

function blockMatcher(entry: string): Test {
  if (!ipaddr.isValidCIDR(entry)) return () => false;
  const block = ipaddr.parseCIDR(entry);
  return (host) => {
    if (!ipaddr.isValid(host)) return false;
    const address = ipaddr.process(host);
    return address.kind() === block[0].kind() && address.match(block);
  };
}
