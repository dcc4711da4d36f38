import { DragonloadError, type ErrorCode } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { displayProxy, type ProxyAddress } from './proxies.ts';

export interface ProxyTrouble {
  /** Default `origin-failed`. */
  readonly code?: ErrorCode;
  /** What happened: a sentence that begins after `The proxy http://host:port `. */
  readonly what: string;
  readonly hint: Hint;
  /** The same request may well succeed a moment later. Default false. */
  readonly passing?: boolean;
  readonly cause?: unknown;
}

/** A proxy did not bring a request to the origin. Never shows the user and password of the proxy. */
export class ProxyError extends DragonloadError {
  readonly passing: boolean;

  constructor(proxy: ProxyAddress, trouble: ProxyTrouble) {
    const { code = 'origin-failed', what, hint, cause, passing = false } = trouble;
    super(code, `The proxy ${displayProxy(proxy)} ${what}.`, { hint, cause });
    this.passing = passing;
  }
}

/** The proxy asks for a user and password, or refuses those that were sent. */
export function proxyAuthError(proxy: ProxyAddress): ProxyError {
  return new ProxyError(proxy, {
    code: 'origin-refused',
    what: proxy.user === '' ? 'wants a user and password' : 'does not accept the user and password',
    hint: { kind: 'proxy-credentials', scheme: proxy.scheme },
  });
}

/** The proxy sent an answer that is malformed or too long. */
export function malformedAnswer(proxy: ProxyAddress): ProxyError {
  const kind = proxy.scheme.startsWith('socks') ? 'SOCKS5' : 'HTTP';
  return new ProxyError(proxy, {
    what: `does not answer as an ${kind} proxy should`.replace('an SOCKS5', 'a SOCKS5'),
    hint: { kind: 'check-proxy' },
  });
}
