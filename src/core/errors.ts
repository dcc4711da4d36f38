import { type Hint, hintSentence } from './hint.ts';

/** Every code of an error, for scripts: stable words that `--json` prints. docs/errors.md says what each means. */
export const ERROR_CODES = [
  'usage',
  'bad-url',
  'bad-invite',
  'wrong-secret',
  'wrong-vault',
  'unknown-room',
  'unreachable',
  'private-address',
  'origin-refused',
  'origin-missing',
  'origin-changed',
  'origin-failed',
  'dns',
  'tls',
  'disk-full',
  'unwritable',
  'part-busy',
  'part-version',
  'digest-mismatch',
  'bad-peer',
  'room-failed',
  'port-busy',
  'needs-consent',
  'link-expired',
  'quota',
  'bad-list',
  'unknown-download',
  'wrong-state',
  'state-broken',
  'hook-failed',
  'aborted',
  'internal',
] as const;

/** What went wrong. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an error is about, as far as it is known. A face can show these beside the message or decide by them. */
export interface ErrorFacts {
  /** Without query, fragment or credentials: safe to show. */
  readonly url?: string;
  /** Name and port of a server. */
  readonly host?: string;
  /** HTTP status of the answer. */
  readonly status?: number;
  /** A file or directory of this machine. */
  readonly path?: string;
  /** The name of a member. */
  readonly name?: string;
  /** The number of a download in the list. */
  readonly id?: number;
  /** The line of a list in which the mistake is, from 1. */
  readonly line?: number;
  readonly port?: number;
}

/** An error as plain data, which survives `JSON` and `structuredClone` unchanged. It carries no stack and no cause. */
export interface ErrorValue {
  readonly code: ErrorCode;
  readonly message: string;
  readonly facts: ErrorFacts;
  readonly hint?: Hint;
  readonly mayPass: boolean;
  readonly retryAfterMs?: number;
}

export interface ErrorOptions {
  readonly facts?: ErrorFacts;
  readonly hint?: Hint | undefined;
  readonly cause?: unknown;
  readonly mayPass?: boolean;
  readonly retryAfterMs?: number | undefined;
}

/**
 * The one error that Dragonload throws. `message` says what happened, in whole sentences for people and without secrets;
 * `hint` says what kind of step comes next, and each face has its own words for it.
 */
export class DragonloadError extends Error {
  override readonly name = 'DragonloadError';
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly hint: Hint | undefined;
  /** The same may well succeed a little later: an origin that is busy, a connection that broke off. */
  readonly mayPass: boolean;
  /** The server that was asked wants to be left alone for so long, in milliseconds: 0 to one hour. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
    this.hint = options.hint;
    this.mayPass = options.mayPass ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** What to do about it, in sentences that fit every face; undefined where there is nothing to do. */
  get next(): string | undefined {
    return this.hint && hintSentence(this.hint);
  }

  /** Any thrown value as a `DragonloadError`; one that already is comes back as it is. */
  static from(thrown: unknown, code: ErrorCode = 'internal'): DragonloadError {
    if (thrown instanceof DragonloadError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new DragonloadError(code, message, { cause: thrown });
  }

  /** The error that `toValue` has made a value of, with a stack of its own. */
  static fromValue({ code, message, ...options }: ErrorValue): DragonloadError {
    return new DragonloadError(code, message, options);
  }

  /** The error as plain data. */
  toValue(): ErrorValue {
    const { code, message, facts, hint, mayPass, retryAfterMs } = this;
    return {
      code,
      message,
      facts,
      ...(hint === undefined ? {} : { hint }),
      mayPass,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
}
