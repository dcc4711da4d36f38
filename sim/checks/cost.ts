import type { Transports } from '../network/transports.ts';
import { leastSeconds } from '../scenario/bound.ts';
import { faultNames } from '../scenario/faults.ts';
import { duplicateBudgetBytes } from './duplicate-budget.ts';

/** A world without faults that takes longer than this many times the least time is slow. */
export const SLOW_RATIO = 1.5;
/** Beside that, so long until everybody has arrived, looked at the origin and got a first byte. */
const START_SECONDS = 1;

/** What a world that came out right has cost. */
export interface Cost {
  /** Virtual seconds until the last one finished. */
  readonly seconds: number;
  /** `seconds` over the least time that is possible; undefined where faults make that meaningless. */
  readonly ratio: number | undefined;
  /** Bytes fetched from the origin in vain, as a share of the file. */
  readonly duplicateShare: number;
  /** Why it is too slow; undefined: it is not. */
  readonly slow: string | undefined;
  /** Why it is wasteful; undefined: it is not. */
  readonly wasteful: string | undefined;
}

/** Judges a world that has ended, in which so many bytes were fetched twice. */
export function costOf(world: Transports, duplicateBytes: number): Cost {
  const { scenario, members, origin } = world;
  const { faults, file } = scenario;
  const seconds = Math.max(0, ...members.map((member) => member.finishedMs ?? 0)) / 1000;
  const least = leastSeconds(scenario);
  const isClean = faultNames(faults).length === 0;
  const most = SLOW_RATIO * least + START_SECONDS;
  const budgetBytes = duplicateBudgetBytes(scenario, origin.brokenStreams);
  const duplicateShare = duplicateBytes / file.sizeBytes;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return {
    seconds,
    ratio: isClean ? seconds / least : undefined,
    duplicateShare,
    slow:
      isClean && seconds > most ? `took ${seconds.toFixed(1)} s where ${most.toFixed(1)} may be` : undefined,
    wasteful:
      duplicateBytes > budgetBytes
        ? `${percent(duplicateShare)} of the file was fetched twice where ${percent(budgetBytes / file.sizeBytes)} may be`
        : undefined,
  };
}
