import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Run, toRuns } from '../ranges.ts';
import { Availability } from './availability.ts';
import { PullTracker } from './peers.ts';
import { choosePulls } from './policy.ts';
import { UploadQueue } from './upload-queue.ts';

const MIB = 1024 * 1024;
const STEP_MS = 5;

interface Link {
  /** Bytes per second from the origin, to the others, from the others. */
  readonly wan: number;
  readonly up: number;
  readonly down: number;
  readonly joinsMs?: number;
}

interface Scenario {
  readonly links: readonly Link[];
  readonly pieces: number;
  readonly pieceBytes: number;
  readonly seed: number;
}

interface Transfer {
  readonly from: Member;
  readonly to: Member;
  readonly run: Run;
  leftBytes: number;
}

/** A member of the model: fetches four pieces at a time from the origin, and does with peers what the policy says. */
class Member {
  readonly id: string;
  readonly link: Link;
  readonly held = new Set<number>();
  readonly availability: Availability;
  readonly trackers = new Map<Member, PullTracker>();
  readonly uploads: UploadQueue;
  readonly fetching: number[] = [];
  readonly serving: number[] = [];
  fetchedBytes = 0;
  uploadedBytes = 0;
  originPieces = 0;
  doneMs: number | undefined;

  constructor(id: string, link: Link, pieces: number) {
    this.id = id;
    this.link = link;
    this.availability = new Availability(pieces);
    this.availability.wantRun({ start: 0, end: pieces }, true);
    this.uploads = new UploadQueue({
      holders: (_download, piece) => this.availability.count(piece) + (this.held.has(piece) ? 1 : 0),
      relays: (_download, peer) => this.availability.isIncomplete(peer),
    });
  }
}

interface Outcome {
  readonly seconds: number;
  readonly members: readonly Member[];
}

/** Plays a scenario in steps of 5 ms: the uplink of a member is shared evenly by what it serves at the time. */
function play({ links, pieces, pieceBytes, seed }: Scenario): Outcome {
  const random = seeded(seed);
  const all = links.map((link, i) => new Member(`member ${i}`, link, pieces));
  const room: Member[] = [];
  const transfers = new Map<number, Transfer>();
  let nextPiece = 0;
  let nextTransfer = 0;
  let nowMs = 0;

  const gain = (member: Member, run: Run): void => {
    for (let piece = run.start; piece < run.end; piece++) {
      assert.equal(member.held.has(piece), false, 'no piece comes twice');
      member.held.add(piece);
      member.availability.want(piece, false);
    }
    for (const other of room) if (other !== member) assert.ok(other.availability.have(member.id, [run]));
    if (member.held.size === pieces) member.doneMs = nowMs;
  };

  const join = (member: Member): void => {
    for (const other of room) {
      other.availability.peerUp(member.id);
      other.trackers.set(member, new PullTracker());
      member.availability.peerUp(other.id);
      member.trackers.set(other, new PullTracker());
      const runs = toRuns([...other.held].sort((a, b) => a - b));
      assert.ok(member.availability.have(other.id, runs));
    }
    room.push(member);
  };

  const fetch = (member: Member): void => {
    if (member.link.wan === 0) return;
    for (member.fetchedBytes += (member.link.wan * STEP_MS) / 1000; ; member.fetchedBytes -= pieceBytes) {
      while (member.fetching.length < 4 && nextPiece < pieces) {
        member.availability.want(nextPiece, false);
        member.fetching.push(nextPiece++);
      }
      if (member.fetching.length === 0) member.fetchedBytes = 0;
      if (member.fetchedBytes < pieceBytes) return;
      const piece = member.fetching.shift()!;
      member.originPieces++;
      gain(member, { start: piece, end: piece + 1 });
    }
  };

  const pull = (member: Member): void => {
    const peers = [...member.trackers].map(([peer, tracker]) =>
      tracker.asPeer(
        peer.id,
        pieceBytes,
        {
          useful: member.availability.usefulOf(peer.id),
          has: (piece) => member.availability.heldBy(peer.id)!.has(piece),
        },
        nowMs,
      ),
    );
    const { candidates } = member.availability;
    const isRelay = (piece: number): boolean => member.availability.isRelay(member.id, piece, pieceBytes);
    for (const { from, run } of choosePulls({ candidates, peers, pieceBytes, isRelay, random })) {
      const source = room.find((other) => other.id === from)!;
      const bytes = (run.end - run.start) * pieceBytes;
      const id = nextTransfer++;
      for (let piece = run.start; piece < run.end; piece++) {
        assert.ok(member.availability.isWanted(piece) && source.held.has(piece));
        member.availability.want(piece, false);
      }
      member.trackers.get(source)!.start(id, bytes, nowMs);
      transfers.set(id, { from: source, to: member, run, leftBytes: bytes });
      assert.ok(source.uploads.add({ id, peer: member.id, download: 'the file', run, bytes }));
    }
  };

  /** Spends the uplinks and downlinks of one step, in rounds: what one transfer leaves over is there for the next. */
  const move = (): void => {
    const stepBytes = (rate: number): number => (rate * STEP_MS) / 1000;
    const up = new Map(room.map((member) => [member, stepBytes(member.link.up)]));
    const down = new Map(room.map((member) => [member, stepBytes(member.link.down)]));
    for (let round = 0; round < 6; round++) {
      const offers: { id: number; transfer: Transfer; bytes: number }[] = [];
      const incoming = new Map<Member, number>();
      for (const member of room) {
        for (let request = member.uploads.next(); request !== undefined; request = member.uploads.next()) {
          member.serving.push(request.id);
        }
        const open = member.serving.filter((id) => down.get(transfers.get(id)!.to)! > 1e-3);
        for (const id of open) {
          const transfer = transfers.get(id)!;
          const bytes = Math.min(up.get(member)! / open.length, transfer.leftBytes);
          offers.push({ id, transfer, bytes });
          incoming.set(transfer.to, (incoming.get(transfer.to) ?? 0) + bytes);
        }
      }
      for (const { id, transfer, bytes } of offers) {
        const { from, to, run } = transfer;
        const moved = bytes * Math.min(1, Math.max(0, down.get(to)! / incoming.get(to)!));
        shares.push([to, moved]);
        up.set(from, up.get(from)! - moved);
        from.uploadedBytes += moved;
        transfer.leftBytes -= moved;
        to.trackers.get(from)!.progress(id, moved, nowMs);
        if (transfer.leftBytes > 1e-3) continue;
        transfers.delete(id);
        from.serving.splice(from.serving.indexOf(id), 1);
        from.uploads.done(id, (run.end - run.start) * pieceBytes);
        to.trackers.get(from)!.end(id, 'complete', nowMs);
        gain(to, run);
      }
      for (const [to, moved] of shares.splice(0)) down.set(to, down.get(to)! - moved);
    }
  };

  const shares: [Member, number][] = [];
  for (; all.some((member) => member.doneMs === undefined); nowMs += STEP_MS) {
    assert.ok(nowMs < 600_000, 'everyone finishes');
    for (const member of all) if (!room.includes(member) && nowMs >= (member.link.joinsMs ?? 0)) join(member);
    for (const member of room) fetch(member);
    for (const member of room) pull(member);
    move();
  }
  return { seconds: Math.max(...all.map((member) => member.doneMs!)) / 1000, members: all };
}

/** Mulberry32: numbers in [0, 1) that repeat for a seed. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Jain's index of fairness: 1 when all are equal, 1/n when one does everything. */
function jain(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum ** 2 / (values.length * values.reduce((a, b) => a + b * b, 0));
}

/** No member is done before the origin links have brought the file, and the uplinks what each did not fetch itself. */
function bound({ links, pieces, pieceBytes }: Scenario): number {
  const fileBytes = pieces * pieceBytes;
  const wan = links.reduce((sum, link) => sum + link.wan, 0);
  const up = links.reduce((sum, link) => sum + link.up, 0);
  const slowestDown = Math.min(...links.map((link) => link.down / (1 - link.wan / wan)));
  return Math.max(fileBytes / wan, ((links.length - 1) * fileBytes) / up, fileBytes / slowestDown);
}

const equal = (count: number, link: Link): Link[] => new Array<Link>(count).fill(link);
const fast = { wan: 12.5e6, up: 125e6, down: 125e6 };

/** How much longer than the bound it took, for the worst of three seeds; the load must be even each time. */
function ratio(scenario: Omit<Scenario, 'seed'>): number {
  const ratios = [1, 2, 3].map((seed) => {
    const { seconds, members } = play({ ...scenario, seed });
    const fairness = jain(members.map((member) => member.uploadedBytes));
    assert.ok(fairness >= 0.95, `Jain index ${fairness}`);
    return seconds / bound({ ...scenario, seed });
  });
  return Math.max(...ratios);
}

for (const [count, most] of [
  [2, 1.01],
  [4, 1.01],
  [8, 1.03],
] as const) {
  test(`${count} equal members with fast uplinks take as long as their links to the origin need`, () => {
    const measured = ratio({ links: equal(count, fast), pieces: 256, pieceBytes: MIB });
    assert.ok(measured <= most, `${measured} x the bound`);
  });
}

test('small pieces are swapped as well as large ones', () => {
  const measured = ratio({ links: equal(4, fast), pieces: 1024, pieceBytes: MIB / 4 });
  assert.ok(measured <= 1.02, `${measured} x the bound`);
});

for (const [count, up] of [
  [4, 12.5e6],
  [8, 37.5e6],
] as const) {
  test(`${count} members keep uplinks of ${up / 1e6} MB/s busy to the end where these are the limit`, () => {
    const measured = ratio({ links: equal(count, { ...fast, up }), pieces: 256, pieceBytes: MIB });
    assert.ok(measured <= 1.04, `${measured} x the bound`);
  });
}

test('what a member with a poor uplink fetched is passed on by the others', () => {
  // Its uplink lets it send each of its pieces once: without relays it would take three times as long.
  const links = [...equal(3, fast), { ...fast, up: fast.wan }];
  const scenario = { links, pieces: 512, pieceBytes: MIB, seed: 1 };
  const { seconds } = play(scenario);
  assert.ok(seconds <= 1.15 * bound(scenario), `${seconds / bound(scenario)} x the bound`);
});

test('a member that joins at half is done with the others', () => {
  const fileBytes = 512 * MIB;
  const halfMs = (1000 * fileBytes) / 2 / (3 * fast.wan);
  const links = [...equal(3, fast), { ...fast, joinsMs: halfMs }];
  const { seconds } = play({ links, pieces: 512, pieceBytes: MIB, seed: 1 });
  const ideal = halfMs / 1000 + fileBytes / 2 / (4 * fast.wan);
  assert.ok(seconds <= 1.1 * ideal, `${seconds / ideal} x the bound`);
});

test('members that have everything share the load of one that has nothing', () => {
  const slowUp = { wan: 0, up: 12.5e6, down: 125e6 };
  const links = [{ ...slowUp, wan: 1e9 }, ...equal(3, slowUp), { ...slowUp, joinsMs: 60_000 }];
  const { members } = play({ links, pieces: 256, pieceBytes: MIB, seed: 1 });
  const joiner = members.at(-1)!;
  assert.ok(
    joiner.doneMs! - 60_000 <= (1.1 * 1000 * 256 * MIB) / (4 * 12.5e6),
    `${joiner.doneMs! - 60_000} ms`,
  );
});

test('a scenario with the same seed runs the same way', () => {
  const once = (seed: number) =>
    play({ links: equal(3, { ...fast, up: 20e6 }), pieces: 64, pieceBytes: MIB, seed });
  const uploads = (outcome: Outcome) => outcome.members.map((member) => member.uploadedBytes);
  assert.deepEqual(uploads(once(5)), uploads(once(5)));
});
