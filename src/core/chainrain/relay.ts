import type { MemberId } from '../ids.ts';

/** A number that stands for a member in `relayScore`. */
export function relaySeed(member: MemberId): number {
  let hash = 0x811c9dc5;
  // FNV-1a: ids are hashes already, so that a few characters would do, but names in tests differ at the end.
  for (let i = 0; i < member.length; i++) hash = Math.imul(hash ^ member.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * How much a member is the one to get a group of pieces from its only holder and pass it on: of all who need it, the one
 * with the highest score. Every member comes to the same answer without a word to the others (rendezvous hashing,
 * Thaler and Ravishankar 1998), and each is first for its fair share.
 */
export function relayScore(seed: number, group: number): number {
  let hash = Math.imul(group + 1, 0x9e3779b1) ^ seed;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
