import type { ProxyAddress } from './proxies.ts';

/** The value of Proxy-Authorization (RFC 9110, 11.7.2; RFC 7617); undefined for a proxy without user and password. */
export function proxyAuthorization({
  user,
  password,
}: Pick<ProxyAddress, 'user' | 'password'>): string | undefined {
  if (user === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
