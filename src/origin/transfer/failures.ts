import type { OriginOutcome } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { displayUrl } from '../../url/web-url.ts';
import { PRIVATE_ADDRESS } from '../addresses/private-address.ts';
import { ProxyError } from '../addresses/proxy-error.ts';
import type { HostPaused } from '../limits/host-pauses.ts';

/** Why no answer came: the error, without secrets. */
export interface Failure {
  readonly error: DragonloadError;
  /** What it means for a transfer under way. */
  readonly outcome: OriginOutcome;
  /** Whether the same request may well succeed a moment later. */
  readonly passing: boolean;
}

const CERTIFICATE_CODE =
  /^(CERT_|UNABLE_TO_(GET|VERIFY|DECRYPT)_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/;
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/;

/** Classifies what a request threw. `url`: the requested address. */
export function failureOf(thrown: unknown, url: URL): Failure {
  if (thrown instanceof DragonloadError) {
    const passing = thrown instanceof ProxyError && thrown.passing;
    return { error: thrown, outcome: passing ? 'broken' : 'refused', passing };
  }
  const host = url.host;
  const cause = thrown as NodeJS.ErrnoException;
  const code = codeOf(cause);
  const make = (
    errorCode: DragonloadError['code'],
    outcome: OriginOutcome,
    passing: boolean,
    message: string,
    hint: Hint,
  ): Failure => ({
    error: new DragonloadError(errorCode, message, { facts: { host }, hint, cause }),
    outcome,
    passing,
  });

  if (code === PRIVATE_ADDRESS) {
    return make('private-address', 'refused', false, `${host} is an address of a private network.`, {
      kind: 'allow-private',
    });
  }
  if (code === 'ENOTFOUND' || code.startsWith('EAI_') || code === 'ENODATA') {
    return make('dns', 'broken', code === 'EAI_AGAIN', `The name ${url.hostname} could not be found.`, {
      kind: 'check-network',
    });
  }
  if (CERTIFICATE_CODE.test(code)) {
    return make('tls', 'refused', false, `The certificate of ${host} is not valid (${code}).`, {
      kind: 'check-certificate',
    });
  }
  if (TLS_CODE.test(code)) {
    return make('tls', 'broken', false, `No secure connection to ${host} could be set up (${code}).`, {
      kind: 'check-scheme',
    });
  }
  if (code === 'ECONNREFUSED') {
    return make('origin-failed', 'broken', false, `${host} refused the connection.`, {
      kind: 'check-address',
      url: displayUrl(url),
    });
  }
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'EADDRNOTAVAIL') {
    return make('origin-failed', 'broken', false, `${host} cannot be reached (${code}).`, {
      kind: 'check-network',
    });
  }
  if (code === 'ETIMEDOUT' || code === 'ESOCKETTIMEDOUT') {
    return make('origin-failed', 'broken', true, `${host} did not answer in time.`, { kind: 'try-later' });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return make('origin-failed', 'broken', false, `${host} sent more headers than are read (16 KiB).`, {
      kind: 'check-address',
      url: displayUrl(url),
    });
  }
  if (code.startsWith('HPE_')) {
    return make(
      'origin-failed',
      'broken',
      false,
      `${host} gave an answer that is not valid HTTP (${code}).`,
      { kind: 'check-address', url: displayUrl(url) },
    );
  }
  return make(
    'origin-failed',
    'broken',
    code === 'ECONNRESET' || code === 'EPIPE',
    `The connection to ${host} broke off${code === '' ? '' : ` (${code})`}.`,
    { kind: 'try-later' },
  );
}

/** The code of an error, or of the first one inside: several addresses that fail come as one `AggregateError`. */
function codeOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return (error as NodeJS.ErrnoException).code ?? codeOf(error.errors[0] as NodeJS.ErrnoException);
  }
  return typeof error?.code === 'string' ? error.code : '';
}

/** The error for an answer that is neither a file nor a redirect. `retryAfterMs`: the pause that it asks for. */
export function statusError(status: number, url: URL, retryAfterMs?: number): DragonloadError {
  const where = displayUrl(url);
  const facts = { url: where, host: url.host, status };
  if (status === 404 || status === 410) {
    return new DragonloadError('origin-missing', `There is no file at ${where} (HTTP ${status}).`, {
      facts,
      hint: { kind: 'find-address' },
    });
  }
  if (status === 407) {
    return new DragonloadError('origin-refused', `The proxy for ${where} asks for a user and password.`, {
      facts,
      hint: { kind: 'proxy-credentials', scheme: 'http' },
    });
  }
  if (status === 401 || status === 403) {
    return new DragonloadError(
      'origin-refused',
      `The origin does not allow access to ${where} (HTTP ${status}).`,
      {
        facts,
        hint: { kind: 'sign-in' },
      },
    );
  }
  if (isBusy(status)) {
    return new DragonloadError('origin-failed', `The origin of ${where} is too busy (HTTP ${status}).`, {
      facts,
      hint: { kind: 'fewer-connections' },
      mayPass: true,
      retryAfterMs,
    });
  }
  return new DragonloadError('origin-failed', `The origin gave no file at ${where} (HTTP ${status}).`, {
    facts,
    hint: { kind: status >= 500 ? 'try-later' : 'check-address' },
    mayPass: status >= 500,
    retryAfterMs,
  });
}

/** The error for a host that has asked for a pause: no request is sent before the pause is over. */
export function pausedError(host: string, cause: HostPaused): DragonloadError {
  return new DragonloadError('origin-failed', `${host} has asked for a pause.`, {
    facts: { host },
    hint: { kind: 'fewer-connections' },
    mayPass: true,
    retryAfterMs: cause.leftMs,
    cause,
  });
}

/** The error for a link that worked and no longer does. `how`: what was answered, for people. */
export function expiredError(url: URL, how: string): DragonloadError {
  return new DragonloadError('link-expired', `The link to ${displayUrl(url)} has expired: ${how}.`, {
    facts: { url: displayUrl(url), host: url.host },
    hint: { kind: 'refresh-link' },
  });
}

/** 429 (RFC 6585) and 503: fewer requests, later. */
export function isBusy(status: number): boolean {
  return status === 429 || status === 503;
}

/** What such an answer means for a transfer under way. */
export function statusOutcome(status: number): OriginOutcome {
  if (isBusy(status)) return 'busy';
  // 408 Request Timeout and 425 Too Early ask for another try; server errors mostly pass.
  return status >= 500 || status === 408 || status === 425 ? 'broken' : 'refused';
}
