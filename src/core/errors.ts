/** What went wrong, for scripts: stable words that `--json` prints. */
export type ErrorCode =
  | 'usage'
  | 'bad-url'
  | 'bad-invite'
  | 'wrong-secret'
  | 'wrong-vault'
  | 'unknown-room'
  | 'unreachable'
  | 'private-address'
  | 'origin-refused'
  | 'origin-missing'
  | 'origin-changed'
  | 'origin-failed'
  | 'dns'
  | 'tls'
  | 'disk-full'
  | 'unwritable'
  | 'part-busy'
  | 'part-version'
  | 'digest-mismatch'
  | 'bad-peer'
  | 'room-failed'
  | 'port-busy'
  | 'needs-consent'
  | 'link-expired'
  | 'quota'
  | 'bad-list'
  | 'unknown-download'
  | 'wrong-state'
  | 'state-broken'
  | 'hook-failed'
  | 'aborted'
  | 'internal';

/**
 * The one error that Dragonload throws. `message` says what happened, in words for people and without secrets;
 * `next` says what to do about it. Both are whole sentences.
 */
export class DragonloadError extends Error {
  override readonly name = 'DragonloadError';
  readonly code: ErrorCode;
  readonly next: string | undefined;
  /** The same may well go right a little later: an origin that is busy, a connection that broke off. */
  readonly mayPass: boolean;
  /** Whoever was asked wants to be left alone for so long, in milliseconds: 0 to one hour. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { next?: string; cause?: unknown; mayPass?: boolean; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.next = options.next;
    this.mayPass = options.mayPass ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Any thrown value as a `DragonloadError`; one that already is comes back as it is. */
  static from(thrown: unknown, code: ErrorCode = 'internal'): DragonloadError {
    if (thrown instanceof DragonloadError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new DragonloadError(code, message, { cause: thrown });
  }
}
