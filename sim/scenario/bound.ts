import type { Scenario } from './scenario.ts';

/** Rates of one member in bytes per second: link to the origin, LAN up, LAN down. */
export interface LinkRates {
  readonly wan: number;
  readonly up: number;
  readonly down: number;
}

/**
 * The least time in which all members can have the file, in seconds: no plan beats it.
 * F/W, the inflow of each member, and the inflow of all together; W = min(origin, sum of the links).
 */
export function boundSeconds(sizeBytes: number, originRate: number, members: readonly LinkRates[]): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const total = Math.min(originRate, sum(members.map((member) => member.wan)));
  const everyone = (members.length * sizeBytes) / (total + sum(members.map((member) => member.up)));
  const each = members.map((member) => {
    const others = sum(
      members.filter((other) => other !== member).map((other) => Math.min(other.wan, other.up)),
    );
    return sizeBytes / (Math.min(member.wan, originRate) + Math.min(member.down, others));
  });
  return Math.max(sizeBytes / total, everyone, ...each);
}

/**
 * The least time that a scenario can take in seconds, had everybody been there from the beginning and did nothing go wrong:
 * the rates are those of the links and of as many connections as a member may have. Without ranges the streams of two members
 * bring the same bytes: one reads for all, and nobody knows beforehand how fast its link is, so the slowest one counts.
 */
export function leastSeconds({ file, origin, members }: Scenario): number {
  const rates = members.map((member): LinkRates => {
    const { wanRate, upRate: up, downRate: down, canFetch, maxConnections } = member;
    const most = Math.min(maxConnections, origin.connectionsPerMember ?? Number.POSITIVE_INFINITY);
    const connections = file.ranges ? most : 1;
    const wan = Math.min(wanRate, connections * (origin.connectionRate ?? Number.POSITIVE_INFINITY));
    return { wan: canFetch ? wan : 0, up, down };
  });
  const together = boundSeconds(file.sizeBytes, origin.rate, rates);
  if (file.ranges) return together;
  const reader = Math.min(origin.rate, ...rates.map(({ wan }) => wan).filter((wan) => wan > 0));
  return Math.max(together, file.sizeBytes / reader);
}
