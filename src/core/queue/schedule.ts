import { DragonloadError } from '../errors.ts';
import { advice } from '../hint.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Milliseconds that the clock on the wall has counted since the midnight before 1970 in its own time zone. It jumps
 * where daylight saving begins and ends; whoever asks again at least once a minute with the time as it is then is never
 * wrong for longer than that.
 */
export type LocalMs = number;

/** Part of every day, in milliseconds since midnight. Over midnight when it ends before it begins. */
export interface DailyWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `HH:MM`, 00:00 to 23:59, as milliseconds since midnight. Throws `usage`. */
export function parseTimeOfDay(text: string): number {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? [];
  if (hours !== undefined) return (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  throw new DragonloadError('usage', `${JSON.stringify(text)} is not a time of day.`, {
    hint: advice('Write hours and minutes, from 00:00 to 23:59.'),
  });
}

/** `HH:MM-HH:MM`. Throws `usage`, also when both are the same. */
export function parseWindow(text: string): DailyWindow {
  const [from, to, ...more] = text.split('-');
  if (from === undefined || to === undefined || more.length > 0) throw notWindow(text);
  const window = { fromMs: parseTimeOfDay(from), toMs: parseTimeOfDay(to) };
  if (window.fromMs === window.toMs) throw notWindow(text);
  return window;
}

/** The first moment, `nowMs` included, at which the clock on the wall shows this time of day. */
export function nextAt(timeOfDayMs: number, nowMs: LocalMs): LocalMs {
  return nowMs + modulo(timeOfDayMs - nowMs, DAY_MS);
}

/** Whether the window is open; its last moment is outside. */
export function isOpen({ fromMs, toMs }: DailyWindow, nowMs: LocalMs): boolean {
  return modulo(nowMs - fromMs, DAY_MS) < modulo(toMs - fromMs, DAY_MS);
}

/** What a schedule says at a moment, and when it will say otherwise. */
export interface GateState {
  readonly open: boolean;
  /** So long from now, in milliseconds; undefined: never. */
  readonly changesInMs: number | undefined;
}

/** Lets work begin at a time of day, once, and go on within a daily window; either may be left out. */
export class Gate {
  /** Undefined once it is past: the clock may show that time again when daylight saving ends. */
  #startMs: LocalMs | undefined;
  readonly #window: DailyWindow | undefined;

  /** Throws `usage` on what is not a time. */
  constructor(
    schedule: { readonly startAt?: string | undefined; readonly window?: string | undefined },
    nowMs: LocalMs,
  ) {
    const { startAt, window } = schedule;
    this.#startMs = startAt === undefined ? undefined : nextAt(parseTimeOfDay(startAt), nowMs);
    this.#window = window === undefined ? undefined : parseWindow(window);
  }

  look(nowMs: LocalMs): GateState {
    const waitMs = Math.max(0, (this.#startMs ?? nowMs) - nowMs);
    if (waitMs === 0) this.#startMs = undefined;
    const window = this.#window;
    if (window === undefined) return { open: waitMs === 0, changesInMs: waitMs === 0 ? undefined : waitMs };
    if (waitMs === 0 && isOpen(window, nowMs))
      return { open: true, changesInMs: nextAt(window.toMs, nowMs) - nowMs };
    const earliestMs = nowMs + waitMs;
    const opensMs = isOpen(window, earliestMs) ? earliestMs : nextAt(window.fromMs, earliestMs);
    return { open: false, changesInMs: opensMs - nowMs };
  }
}

/** The remainder that is never negative. */
function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function notWindow(text: string): DragonloadError {
  return new DragonloadError('usage', `${JSON.stringify(text)} is not a span of time.`, {
    hint: advice('Write when it begins and when it ends, such as 22:00-06:30.'),
  });
}
