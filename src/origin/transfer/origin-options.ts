import type { FileIdentity } from '../../core/messages.ts';
import type { HostPauses } from '../limits/host-pauses.ts';
import type { Meter } from '../limits/meter.ts';
import type { Connections } from '../network/connections.ts';
import type { RequestSettings } from '../requests/request-settings.ts';

export interface OriginOptions {
  /** How requests are made. Default: without credentials or a proxy of the options. */
  readonly settings?: RequestSettings | undefined;
  /** Sent to the host of the URL, never to another one; instead of those of the settings. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Instead of that of the settings; default `dragonload`. */
  readonly userAgent?: string | undefined;
  /** False for URLs that others named: loopback, private, link-local and other private addresses are refused. */
  readonly allowPrivate: boolean;
  /** Shared with other origins, with the same settings, and closed by their creator. Default: an origin has its own. */
  readonly connections?: Connections | undefined;
  /** Shared with all origins of the process. Default: an origin has its own. */
  readonly pauses?: HostPauses | undefined;
  /** Default 10 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest time from the request to the head of the answer. Default 30 s. */
  readonly headersTimeoutMs?: number | undefined;
  /** With no byte for this long, a transfer is broken off. Default 20 s. */
  readonly stallTimeoutMs?: number | undefined;
  /** First pause before a probe is tried again; doubles. Default 500 ms. */
  readonly retryDelayMs?: number | undefined;
  readonly limiter?: Meter | undefined;
  /** Address of this machine to connect from, for connections of its own. Default: what the settings say. */
  readonly localAddress?: string | undefined;
  /** PEM certificates to trust besides those that Node trusts, for connections of its own. */
  readonly ca?: string | undefined;
}

export interface ProbeOptions {
  /**
   * Take what comes with the answer: a file up to 1 MiB whole, as `whole`; of a larger one, the answer is kept for the
   * transfer that starts at its first byte, for ten seconds.
   */
  readonly take?: boolean | undefined;
  /** Keep an answer with the whole file in the same way, even if a part was asked for: some links answer only once. */
  readonly keepWhole?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FetchOptions {
  /** What the file was when it was first seen; answers that speak of another file are refused. */
  readonly identity: FileIdentity;
  /**
   * Gets the bytes in order. They are lent until it returns or, if it returns a promise, until that is settled; the
   * connection is paused meanwhile.
   */
  readonly onChunk: (chunk: Buffer) => Promise<void> | undefined;
  readonly signal?: AbortSignal | undefined;
}
