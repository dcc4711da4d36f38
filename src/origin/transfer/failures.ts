import type { OriginOutcome } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import { displayUrl } from '../../url/web-url.ts';
import { PRIVATE_ADDRESS } from '../addresses/private-address.ts';
import { ProxyError } from '../addresses/proxy-error.ts';
import type { HostPaused } from '../limits/host-pauses.ts';

/** Why no answer came: the error code, and words without secrets. */
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

/** Sorts what a request threw. `url` is what was asked for. */
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
    next: string,
  ): Failure => ({ error: new DragonloadError(errorCode, message, { next, cause }), outcome, passing });

  if (code === PRIVATE_ADDRESS) {
    return make(
      'private-address',
      'refused',
      false,
      `${host} is an address of a private network.`,
      'If you trust whoever gave the address, use --allow-private.',
    );
  }
  if (code === 'ENOTFOUND' || code.startsWith('EAI_') || code === 'ENODATA') {
    return make(
      'dns',
      'broken',
      code === 'EAI_AGAIN',
      `The name ${url.hostname} could not be found.`,
      "Check the address and this machine's network connection.",
    );
  }
  if (CERTIFICATE_CODE.test(code)) {
    return make(
      'tls',
      'refused',
      false,
      `The certificate of ${host} is not valid (${code}).`,
      "Check the address and this machine's clock; somebody may be listening in.",
    );
  }
  if (TLS_CODE.test(code)) {
    return make(
      'tls',
      'broken',
      false,
      `No secure connection to ${host} could be set up (${code}).`,
      'Check whether the address should start with http:// or has another port.',
    );
  }
  if (code === 'ECONNREFUSED') {
    return make(
      'origin-failed',
      'broken',
      false,
      `${host} refused the connection.`,
      `Check the address ${displayUrl(url)}.`,
    );
  }
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'EADDRNOTAVAIL') {
    return make(
      'origin-failed',
      'broken',
      false,
      `${host} cannot be reached (${code}).`,
      "Check this machine's network connection.",
    );
  }
  if (code === 'ETIMEDOUT' || code === 'ESOCKETTIMEDOUT') {
    return make('origin-failed', 'broken', true, `${host} did not answer in time.`, 'Try again later.');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return make(
      'origin-failed',
      'broken',
      false,
      `${host} sent more headers than are read (16 KiB).`,
      `Check the address ${displayUrl(url)}.`,
    );
  }
  if (code.startsWith('HPE_')) {
    return make(
      'origin-failed',
      'broken',
      false,
      `${host} gave an answer that is not valid HTTP (${code}).`,
      `Check the address ${displayUrl(url)}.`,
    );
  }
  return make(
    'origin-failed',
    'broken',
    code === 'ECONNRESET' || code === 'EPIPE',
    `The connection to ${host} broke off${code === '' ? '' : ` (${code})`}.`,
    'Try again later.',
  );
}

/** The code of an error, or of the first one inside: several addresses that fail come as one `AggregateError`. */
function codeOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return (error as NodeJS.ErrnoException).code ?? codeOf(error.errors[0] as NodeJS.ErrnoException);
  }
  return typeof error?.code === 'string' ? error.code : '';
}

/** What an answer that is neither a file nor a redirect means, as an error. `retryAfterMs`: what it asks for. */
export function statusError(status: number, url: URL, retryAfterMs?: number): DragonloadError {
  const where = displayUrl(url);
  if (status === 404 || status === 410) {
    return new DragonloadError('origin-missing', `There is no file at ${where} (HTTP ${status}).`, {
      next: 'Check the address; the file may have been moved or its link may have expired.',
    });
  }
  if (status === 407) {
    return new DragonloadError(
      'origin-refused',
      `The proxy on the way to ${where} wants a user and password.`,
      {
        next: 'Give them in the address of the proxy, as in --proxy http://USER:PASSWORD@HOST:PORT.',
      },
    );
  }
  if (status === 401 || status === 403) {
    return new DragonloadError(
      'origin-refused',
      `The origin does not allow access to ${where} (HTTP ${status}).`,
      {
        next: 'Give what it asks for with --header, or get a fresh link.',
      },
    );
  }
  if (isBusy(status)) {
    return new DragonloadError('origin-failed', `The origin of ${where} is too busy (HTTP ${status}).`, {
      next: 'Try again later, or with fewer --connections.',
      mayPass: true,
      retryAfterMs,
    });
  }
  return new DragonloadError('origin-failed', `The origin gave no file at ${where} (HTTP ${status}).`, {
    next: status >= 500 ? 'Try again later.' : 'Check the address.',
    mayPass: status >= 500,
    retryAfterMs,
  });
}

/** The host has asked to be left alone, and is not asked before that time is over. */
export function pausedError(host: string, cause: HostPaused): DragonloadError {
  return new DragonloadError('origin-failed', `${host} has asked for a pause.`, {
    next: 'Try again later, or with fewer --connections.',
    mayPass: true,
    retryAfterMs: cause.leftMs,
    cause,
  });
}

/** The link worked and does so no more. `how`: what was answered, for people. */
export function expiredError(url: URL, how: string): DragonloadError {
  return new DragonloadError('link-expired', `The link to ${displayUrl(url)} has expired: ${how}.`, {
    next: 'Get a fresh link and give it to the download: dragonload refresh.',
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
