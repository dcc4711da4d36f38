/** How requests to origins are made, as the user asks for it. Files are read when a task starts. */
export interface RequestOptions {
  /** Extra headers for the host that the user named; never sent to another one. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Default `dragonload`. Sent along redirects, but not for URLs that others named. */
  readonly userAgent?: string;
  /** A URL, sent as Referer (RFC 9110, 10.1.3) to the host that the user named. */
  readonly referer?: string;
  /** A cookie file in the Netscape form, as browsers' extensions and curl write it. */
  readonly cookieFile?: string;
  /** User and password by host, as in `~/.netrc`. A path, or true for the usual place. */
  readonly netrc?: string | boolean;
  /** `http://`, `https://` or `socks5://`, with user and password if need be; `''` for none. Default: the environment. */
  readonly proxy?: string;
  /** Hosts that are reached directly, as in NO_PROXY. Default: the environment. */
  readonly noProxy?: string;
  /** PEM file with certificates to trust besides the usual ones. */
  readonly caFile?: string;
  /**
   * PEM file with a client certificate, and its key unless that is in a file of its own. The passphrase of an encrypted
   * key comes from the environment: DRAGONLOAD_KEY_PASSPHRASE. Shown to the hosts that the user named and to no other.
   */
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** Do not check certificates of origins. What such an origin says of itself proves nothing. */
  readonly insecure?: boolean;
  /** Name of a network interface or a local address to connect from. */
  readonly interface?: string;
  /** Use only IPv4 or only IPv6. */
  readonly family?: 4 | 6;
}
