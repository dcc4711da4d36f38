import { type Faults, faultCount } from '../scenario/faults.ts';
import type { MemberSpec, Scenario } from '../scenario/scenario.ts';

/** Half a lease or so is fetched again when a silent member comes back before it hears that it was taken away. */
const OVERLAP_SECONDS = 1;
/** DESIGN.md: duplicates stay within 2 % of the file. */
const SHARE = 0.02;

/**
 * The most of a file that may be fetched twice, in bytes: 2 % of it or one piece, and what the shape of the room and its
 * faults explain. `brokenStreams`: how many of them broke off in this world.
 */
export function duplicateBudgetBytes(scenario: Scenario, brokenStreams: number): number {
  const { file, faults } = scenario;
  const usual = Math.max(SHARE * file.sizeBytes, file.pieceBytes) + worthwhileBytes(scenario);
  // Where each stream has to begin at the first byte, each that ends early may cost a whole file.
  const passes = faultCount(faults) + brokenStreams + (faults.rangeless ? 1 : 0);
  if (!file.ranges || faults.rangeless) return usual + passes * file.sizeBytes;
  return usual + brokenStreams * file.pieceBytes + explainedBytes(scenario);
}

/** What faults explain in a room whose origin serves ranges. */
function explainedBytes({ faults, file, members }: Scenario): number {
  const piece = file.pieceBytes;
  const all = sum(members.map(({ maxConnections }) => maxConnections));
  let bytes = faultsOfOrigin(faults) * all * piece;
  for (const { member } of [...(faults.stall ?? []), ...(faults.slow ?? [])]) {
    const { maxConnections, wanRate } = members[member]!;
    bytes += maxConnections * piece + wanRate * OVERLAP_SECONDS;
  }
  const departures =
    (faults.kill ?? []).length + (faults.killCoordinator ?? []).length + (faults.leave ?? []).length;
  bytes += departures * all * piece + (faults.join ?? []).length * piece;
  // Two members that can only dial out never meet: with their coordinator gone each may lead a room of its own.
  const unreachable = members.filter((member) => member.firewalled).length;
  if (unreachable > 1 && departures > 0) bytes += 0.5 * file.sizeBytes;
  if (faults.wrongPieces !== undefined) bytes += 2 * file.sizeBytes * members.length;
  if (faults.corrupt !== undefined) bytes += all * piece;
  bytes += ((faults.diskError ?? []).length + (faults.refused ?? []).length) * all * piece;
  const isTalkBad = faults.loseMessages ?? faults.lateMessages ?? faults.repeatMessages;
  if (isTalkBad !== undefined) bytes += 0.25 * file.sizeBytes;
  // The coordinator gives more to whoever boasts than it can fetch, and the others fetch what it has not got.
  if (faults.boast !== undefined) bytes += file.sizeBytes;
  return bytes;
}

function faultsOfOrigin(faults: Faults): number {
  const kinds = [
    faults.originBusy,
    faults.originBroken,
    faults.originSlow,
    faults.originCrawl,
    faults.connectionCrawl,
    faults.linkExpired,
    faults.networkChanged,
    faults.mirrors,
  ];
  return sum(kinds.map((kind) => kind?.length ?? 0));
}

/**
 * What all links bring beyond one copy of the file in the time that it takes when the uplinks are what all wait for: what a
 * fast link fetched comes slowly over a slow uplink, so links that have nothing to do fetch it again.
 */
function worthwhileBytes({ file, origin, members }: Scenario): number {
  const rate = ({ wanRate, canFetch }: MemberSpec): number => (canFetch ? wanRate : 0);
  const wan = Math.min(origin.rate, sum(members.map(rate)));
  const up = sum(members.map(({ upRate }) => upRate));
  return Math.max(0, (wan * members.length * file.sizeBytes) / (wan + up) - file.sizeBytes);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
