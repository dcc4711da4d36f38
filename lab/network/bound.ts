/**
 * Share of a shaped Ethernet link that TCP payload can fill: 1,448 payload bytes (a 1,500-byte MTU less IPv4, TCP and
 * the timestamp option) in each 1,514-byte frame that `tc tbf` counts.
 */
export const GOODPUT = 1448 / 1514;

/** Payload bytes per second through a link of so many Mbit/s (10^6 bits of frames). */
export function goodputBytes(mbit: number): number {
  return ((mbit * 1e6) / 8) * GOODPUT;
}

/** What joins one member to the world, in payload bytes per second. */
export interface MemberLinks {
  readonly wanDown: number;
  readonly lanUp: number;
  readonly lanDown: number;
}

/** From `fromSeconds` on these members take part, by name; until the next phase. */
export interface Phase {
  readonly fromSeconds: number;
  readonly members: ReadonlyMap<string, MemberLinks>;
}

/**
 * The fluid bound: no scheme can give every member the whole file in fewer seconds. Over members i with links w
 * (internet), u and d (LAN up and down), W = min(origin, sum of w):
 * `max(F/W, max_j F/(w_j + min(d_j, sum over i != j of min(w_i, u_i))), N F/(W + sum of u))`.
 */
export function boundSeconds(
  sizeBytes: number,
  members: readonly MemberLinks[],
  originRate = Infinity,
): number {
  const together = Math.min(originRate, sum(members.map((m) => m.wanDown)));
  const each = members.map((member) => {
    const others = members.filter((other) => other !== member);
    return (
      member.wanDown +
      Math.min(member.lanDown, sum(others.map((other) => Math.min(other.wanDown, other.lanUp))))
    );
  });
  const all = together + (members.length > 1 ? sum(members.map((m) => m.lanUp)) : 0);
  return Math.max(sizeBytes / together, sizeBytes / Math.min(...each), (members.length * sizeBytes) / all);
}

/**
 * The fluid bound when members come and go: the earliest time at which the origin can have sent the file once, at
 * which all members of the last phase can have received it, and at which each of them can. Members that left early
 * help while they are there and need nothing. What an earlier phase left on disks may be sent at full LAN rate, so the
 * second term uses `u_i` where the bound without phases uses `min(w_i, u_i)`.
 */
export function phasedBoundSeconds(
  sizeBytes: number,
  phases: readonly Phase[],
  originRate = Infinity,
): number {
  const last = phases.at(-1);
  if (last === undefined) throw new RangeError('A bound needs at least one phase.');
  const origin = (phase: Phase): number =>
    Math.min(originRate, sum([...phase.members.values()].map((m) => m.wanDown)));
  const lan = (phase: Phase): number =>
    phase.members.size > 1 ? sum([...phase.members.values()].map((m) => m.lanUp)) : 0;
  const times = [
    timeToReach(sizeBytes, phases, origin),
    timeToReach(last.members.size * sizeBytes, phases, (phase) => origin(phase) + lan(phase)),
  ];
  for (const name of last.members.keys()) {
    times.push(
      timeToReach(sizeBytes, phases, (phase) => {
        const me = phase.members.get(name);
        if (me === undefined) return 0;
        const others = [...phase.members].filter(([other]) => other !== name);
        return me.wanDown + Math.min(me.lanDown, sum(others.map(([, m]) => m.lanUp)));
      }),
    );
  }
  return Math.max(...times);
}

/** When a flow whose rate is constant within each phase has carried `target` bytes. */
function timeToReach(target: number, phases: readonly Phase[], rateOf: (phase: Phase) => number): number {
  let left = target;
  for (const [index, phase] of phases.entries()) {
    const rate = rateOf(phase);
    const end = phases[index + 1]?.fromSeconds ?? Infinity;
    const seconds = left / rate;
    if (phase.fromSeconds + seconds <= end) return phase.fromSeconds + seconds;
    left -= rate * (end - phase.fromSeconds);
  }
  return Infinity;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
