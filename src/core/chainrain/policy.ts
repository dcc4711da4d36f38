import type { MemberId } from '../ids.ts';
import type { Run } from '../ranges.ts';
import type { ReadonlyBuckets } from './buckets.ts';

const MIB = 1024 * 1024;

/** A queue holds at most this much of what a peer sends, in seconds; it is filled up again at half of that. */
const QUEUE_SECONDS = 0.5;
/** Small pieces that follow one another are asked for together, up to this many bytes. */
const MAX_PULL_BYTES = 4 * MIB;
/** At most this many pulls from one peer at a time. */
const MAX_PULLS_PER_PEER = 8;
/** At most this many bytes, or two pieces if that is more, are asked for and not arrived, over all peers. */
const MAX_QUEUED_BYTES = 64 * MIB;
/** Of each rarity at most this many candidates are looked at in a row without one being of use. */
const MAX_LOOKS = 512;

/** A peer as the choice of pulls sees it. */
export interface PullPeer {
  readonly id: MemberId;
  /** Bytes asked of it that have not arrived. */
  readonly queuedBytes: number;
  readonly activePulls: number;
  /** Never more than this many bytes are asked of it at once; see `queueBytesFor`. */
  readonly maxQueueBytes: number;
  /** What it sends while it has something to send, in bytes per second; 0 while unknown. */
  readonly rate: number;
  /** Bytes that it has sent here lately. */
  readonly recentBytes: number;
  /** How many of the candidates it holds. */
  readonly useful: number;
  has(piece: number): boolean;
}

export interface PullInput {
  /** Pieces that are wanted and that a peer holds, at the level of how many hold it. */
  readonly candidates: ReadonlyBuckets;
  /** The peers that may be asked now. Bytes that others owe count in `otherQueuedBytes`. */
  readonly peers: readonly PullPeer[];
  readonly pieceBytes: number;
  /** Bytes asked of peers that are not among `peers`. Default 0. */
  readonly otherQueuedBytes?: number;
  /** Whether it is for this member to relay a piece that one peer holds; see `Availability`. Default: all are. */
  readonly isRelay?: (piece: number) => boolean;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Ask `from` for the pieces of `run`. */
export interface PullChoice {
  readonly from: MemberId;
  readonly run: Run;
}

interface Source {
  readonly peer: PullPeer;
  readonly rate: number;
  readonly pullPieces: number;
  queuedBytes: number;
  pulls: number;
  useful: number;
}

/** How many bytes to have in flight from a peer of `rate` bytes per second: half a second's worth, two pieces at least. */
export function queueBytesFor(rate: number, pieceBytes: number): number {
  return Math.max(rate * QUEUE_SECONDS, 2 * pieceBytes);
}

/**
 * What to ask of whom now. The rarest pieces go first, because those who get them can pass them on; among equally rare
 * ones chance decides, so that members take different pieces and have something to swap. Each is asked of the holder
 * that will be through with it first: the least asked and sent lately for its rate. A piece that only one peer holds and
 * that is for another member to relay is left to that one, unless nothing else is under way from its holder: otherwise
 * all would ask a holder with a slow uplink for the same (a model of 8 members, one of them with a tenth of the others'
 * uplink, swaps 256 pieces in 1.7 x the bound instead of 2.7 x, and 1,024 in 1.3 x instead of 1.8 x). The choices are
 * meant to be carried out all; none names a piece twice.
 *
 * Meant to be called after every event: it costs next to nothing while no peer with room in its queue has a candidate,
 * and otherwise a few looks for each pull chosen.
 */
export function choosePulls(input: PullInput): PullChoice[] {
  const { candidates, pieceBytes, random } = input;
  let spareBytes = Math.max(MAX_QUEUED_BYTES, 2 * pieceBytes) - (input.otherQueuedBytes ?? 0);
  for (const peer of input.peers) spareBytes -= peer.queuedBytes;
  const sources = sourcesOf(input);
  let open = sources.filter((source) => hasRoom(source, pieceBytes));
  const choices: PullChoice[] = [];
  const taken = new Set<number>();

  /** Chooses among the candidates of one level that are `fit`, from sources that have room and no more than `pulls`. */
  const chooseAt = (level: number, pulls: number, fit: (piece: number) => boolean): void => {
    const bucket = candidates.at(level);
    const most = Math.min(bucket.length, MAX_LOOKS);
    for (let looks = 0, index = 0; looks < most && open.length > 0 && spareBytes >= pieceBytes; looks++) {
      index = looks === 0 ? Math.floor(random() * bucket.length) : step(index, bucket.length);
      const piece = bucket[index]!;
      if (taken.has(piece)) continue;
      const source = leastLoaded(open, piece, pulls);
      if (source === undefined || !fit(piece)) continue;

      const fits = (n: number): boolean =>
        candidates.levelOf(n) === level && !taken.has(n) && source.peer.has(n) && fit(n);
      const run = runAround(piece, Math.min(source.pullPieces, Math.floor(spareBytes / pieceBytes)), fits);
      for (let n = run.start; n < run.end; n++) {
        taken.add(n);
        for (const other of open) if (other.peer.has(n)) other.useful--;
      }
      const bytes = (run.end - run.start) * pieceBytes;
      spareBytes -= bytes;
      source.queuedBytes += bytes;
      source.pulls++;
      choices.push({ from: source.peer.id, run });
      open = open.filter((other) => hasRoom(other, pieceBytes));
      looks = -1;
    }
  };

  if (input.isRelay !== undefined) chooseAt(1, MAX_PULLS_PER_PEER, input.isRelay);
  chooseAt(1, input.isRelay === undefined ? MAX_PULLS_PER_PEER : 0, () => true);
  for (let level = 2; level < candidates.levelCount; level++) chooseAt(level, MAX_PULLS_PER_PEER, () => true);
  return choices;
}

/** The place to look at after `index`: goes through all of them, but far apart, since neighbours have much in common. */
function step(index: number, length: number): number {
  return (index + (length % 7919 === 0 ? 7907 : 7919)) % length;
}

function sourcesOf({ candidates, peers, pieceBytes }: PullInput): Source[] {
  // A peer that has not been tried is taken for as good as the best, or it would never be.
  const bestRate = peers.reduce((best, peer) => Math.max(best, peer.rate), 1);
  const useful = peers.filter((peer) => peer.useful > 0);
  // With little left to get, large pulls would leave all of it to a few peers.
  const share = Math.ceil(candidates.size / (2 * Math.max(useful.length, 1)));
  return useful.map((peer) => {
    const pullBytes = Math.min(peer.maxQueueBytes / 2, MAX_PULL_BYTES);
    return {
      peer,
      rate: peer.rate > 0 ? peer.rate : bestRate,
      pullPieces: Math.max(1, Math.min(Math.floor(pullBytes / pieceBytes), share)),
      queuedBytes: peer.queuedBytes,
      pulls: peer.activePulls,
      useful: peer.useful,
    };
  });
}

/** Room for another pull. It opens when a whole one has come in, so that a queue stays between half full and full. */
function hasRoom(source: Source, pieceBytes: number): boolean {
  const { peer, queuedBytes, pulls, useful } = source;
  const wanted = source.pullPieces * pieceBytes;
  return useful > 0 && pulls < MAX_PULLS_PER_PEER && queuedBytes + wanted <= peer.maxQueueBytes;
}

/** The holder that is through first, among those with at most `pulls` under way. */
function leastLoaded(open: readonly Source[], piece: number, pulls: number): Source | undefined {
  let best: Source | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  for (const source of open) {
    if (source.pulls > pulls || !source.peer.has(piece)) continue;
    const load = (source.queuedBytes + source.peer.recentBytes) / source.rate;
    if (load >= bestLoad) continue;
    best = source;
    bestLoad = load;
  }
  return best;
}

/** Up to `most` pieces that follow one another and are `fit`, around one that is. */
function runAround(piece: number, most: number, fit: (piece: number) => boolean): Run {
  let start = piece;
  let end = piece + 1;
  while (end - start < most && fit(end)) end++;
  while (end - start < most && start > 0 && fit(start - 1)) start--;
  return { start, end };
}
