/**
 * The door between the queue and the world, as that of the rest of the core: the world reports with
 * `handle(event, nowMs)`, carries out what `drain()` returns, and hands in `tick` no later than `deadline()`. Ids are
 * the world's own. Events about ids that are not known, or that come too late, change nothing.
 */
export type QueueEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'add'; readonly items: readonly NewItem[] }
  /** Without an id: all of them. */
  | { readonly type: 'pause' | 'remove'; readonly id?: number | undefined }
  /** Also tries again what has failed, with all its attempts, when it is named. */
  | { readonly type: 'resume'; readonly id?: number | undefined }
  | { readonly type: 'priority'; readonly id: number; readonly priority: number }
  /**
   * A download that was started is over, or has stopped as it was told. `waitMs`: its host wants to be left alone for so
   * long, one hour at most.
   */
  | {
      readonly type: 'ended';
      readonly id: number;
      readonly outcome: ItemOutcome;
      readonly waitMs?: number | undefined;
    }
  /** Whether the schedule lets anything run. Open until told otherwise. */
  | { readonly type: 'gate'; readonly open: boolean }
  /** There is no more to spend: everything stops, and nothing starts again. */
  | { readonly type: 'quota-spent' }
  /** So many at once from now on, in all and of one host: 1 or more. What runs already goes on. */
  | { readonly type: 'places'; readonly concurrent: number; readonly perHost: number }
  /** What failed a moment ago may go well now: nothing rests any longer. */
  | { readonly type: 'network-changed' };

export interface NewItem {
  readonly id: number;
  /** Counts against the limit for one host. */
  readonly host: string;
  /** Higher ones start first. */
  readonly priority: number;
  /** Begins paused. */
  readonly paused?: boolean;
}

/**
 * How a download ended. `may-pass`: it failed for a reason that may be gone the next time. `held-off`: nothing was asked,
 * since its host wants to be left alone, so that it was no attempt.
 */
export type ItemOutcome = 'done' | 'failed' | 'may-pass' | 'held-off' | 'stopped';

export type QueueCommand =
  /** `attempt` counts from 1. Answer with `ended`. */
  | { readonly type: 'start'; readonly id: number; readonly attempt: number }
  /** Save the state and stop, then answer with `ended`. */
  | { readonly type: 'stop'; readonly id: number; readonly reason: StopReason }
  /** It failed, or was held off, and will be tried again by itself, so many milliseconds from now. */
  | { readonly type: 'resting'; readonly id: number; readonly waitMs: number }
  /** It failed, and is not tried again unless somebody asks for it. */
  | { readonly type: 'gave-up'; readonly id: number };

export type StopReason = 'paused' | 'removed' | 'schedule' | 'quota';

/** `resting`: failed, and about to be tried again. `stopping`: told to stop, and still at it. */
export type ItemState = 'waiting' | 'resting' | 'running' | 'stopping' | 'paused' | 'failed';

/** How many there are of each; `running` includes those about to stop, `waiting` those that rest. */
export interface QueueCounts {
  readonly waiting: number;
  readonly running: number;
  readonly paused: number;
  readonly done: number;
  readonly failed: number;
}

export interface QueueLimits {
  /** So many at once: 1 or more. */
  readonly concurrent: number;
  /** So many at once from one host: 1 or more. */
  readonly perHost: number;
  /** So many times a download whose failure may pass is tried again. */
  readonly retries: number;
  /** At least 0, below 1: spreads retries, so that many that failed together do not come back together. */
  readonly random: () => number;
}
