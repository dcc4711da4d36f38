import { STALL_MS } from '../network/origin-stream.ts';
import { faultsEndMs } from '../scenario/faults.ts';
import type { MemberSpec, Scenario } from '../scenario/scenario.ts';

/** After the last fault, this long and three times what the slowest link needs for the whole file. */
const PATIENCE_MS = 30_000;

/** When a world has to have ended, whatever went wrong in it, in virtual milliseconds: later is never. */
export function timeLimitMs(scenario: Scenario): number {
  const { file, origin, members, faults } = scenario;
  const rates = members.flatMap((member) => [
    member.canFetch ? member.wanRate : Number.POSITIVE_INFINITY,
    member.upRate / members.length,
  ]);
  const slowest = Math.min(
    origin.rate / members.length,
    origin.connectionRate ?? Number.POSITIVE_INFINITY,
    ...rates,
    leastCrawl(scenario),
  );
  const standing = (faults.connectionCrawl ?? []).filter(({ factor }) => factor === 0).length;
  return faultsEndMs(faults) + PATIENCE_MS + standing * STALL_MS + (3000 * file.sizeBytes) / slowest;
}

/**
 * What the only connection of a member brings at worst for as long as it likes, in bytes per second. Where each has to
 * begin at the first byte, one that crawls is what this origin gives: to try another one would throw away what has come, and
 * a request that is called off leaves the answer that it read from to the next one.
 */
function leastCrawl({ file, origin, members, faults }: Scenario): number {
  if (file.ranges && faults.rangeless === undefined) return Number.POSITIVE_INFINITY;
  const crawlOf = ({ wanRate, maxConnections }: MemberSpec, factor: number): number =>
    Math.min(wanRate / maxConnections, origin.connectionRate ?? Number.POSITIVE_INFINITY) * factor;
  const ofOne = (faults.connectionCrawl ?? [])
    .filter(({ factor }) => factor > 0)
    .map(({ member, factor }) => crawlOf(members[member]!, factor));
  const ofAll = (faults.originCrawl ?? []).flatMap(({ factor }) =>
    members.filter(({ canFetch }) => canFetch).map((member) => crawlOf(member, factor)),
  );
  return Math.min(...ofOne, ...ofAll);
}
