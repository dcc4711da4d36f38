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
