import type { Disturbance } from '../machine/surroundings.ts';
import type { Exit } from '../machine/workbench.ts';

/** A figure to reach. */
export type Limit = { readonly atMost: number } | { readonly atLeast: number };

/** What a program took for the work of a row; medians. */
export interface Taken {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Several programs at the same work. */
export interface Comparison {
  readonly ours: Taken;
  /** aria2 first. */
  readonly others: readonly (Taken & { readonly program: string })[];
  readonly rounds: number;
  readonly disturbance: Disturbance;
  /** Memory over that for a file of 1 GiB. */
  readonly toUsual?: number | undefined;
}

/** What one scenario measured. Fields that make no sense for it are left out. */
export interface Row {
  readonly scenario: string;
  /** The figure, in words. */
  readonly measured: string;
  /** The number that `limit` is about. NaN when the scenario failed. */
  readonly value: number;
  readonly limit?: Limit;
  /** Payload that the origin sent, over the size of the file; and how much that may be. */
  readonly originShare?: number;
  readonly originLimit?: number;
  /** Jain's index of what members sent over the LAN. */
  readonly jain?: number;
  /** Of all members together. */
  readonly cpuSeconds?: number;
  /** Of the member that needed most. */
  readonly peakBytes?: number;
  readonly exits?: readonly Exit[];
  /** How else it could be done, and how long that takes. */
  readonly beside?: string;
  /** For the second table. */
  readonly comparison?: Comparison;
  /** What else went wrong: the row fails. */
  readonly faults?: readonly string[];
  /** For `--json`: everything else that was counted. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The memory that no member may exceed, in bytes. */
export const PEAK_LIMIT_BYTES = 200e6;

/** Why a row misses its figures; empty when it reaches them all. */
export function shortcomings(row: Row): readonly string[] {
  const missed: string[] = [...(row.faults ?? [])];
  if (row.limit !== undefined && !within(row.value, row.limit)) missed.push('figure');
  if (row.originLimit !== undefined && !((row.originShare ?? NaN) <= row.originLimit))
    missed.push('origin bytes');
  if (row.peakBytes !== undefined && row.peakBytes > PEAK_LIMIT_BYTES) missed.push('memory');
  return missed;
}

function within(value: number, limit: Limit): boolean {
  return 'atMost' in limit ? value <= limit.atMost : value >= limit.atLeast;
}

/** Of several runs of one scenario the one in the middle, with the range of all of them; a failed run outweighs all. */
export function middleRow(rows: readonly Row[]): Row {
  const failed = rows.find((row) => Number.isNaN(row.value));
  if (failed !== undefined) return failed;
  const sorted = rows.toSorted((a, b) => a.value - b.value);
  const middle = sorted[(sorted.length - 1) >> 1]!;
  if (rows.length === 1) return middle;
  const range = `${rows.length} runs: ${sorted[0]!.value.toPrecision(3)} to ${sorted.at(-1)!.value.toPrecision(3)}`;
  return { ...middle, measured: `${middle.measured} (${range})` };
}

/** A row for a scenario that could not be measured. */
export function failedRow(scenario: string, error: unknown): Row {
  const message = error instanceof Error ? error.message : String(error);
  return { scenario, measured: 'failed', value: Number.NaN, faults: [message] };
}
