import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FluidLink, type FluidOptions, FluidRoom } from './fluid-room.ts';

const PIECE_BYTES = 256 * 1024;
const FILE_BYTES = 1_000 * PIECE_BYTES;
/** Bytes per second of one Mbit/s. */
const MBIT = 125_000;

function links(...rates: number[]): FluidLink[] {
  return rates.map((rate) => ({ rate: rate * MBIT }));
}

/** Fetches the file and holds the outcome against the bound. */
function race(
  members: FluidLink[],
  bound: { seconds: number; ratio: number; origin?: number },
  more: Partial<FluidOptions> = {},
) {
  const options = { sizeBytes: FILE_BYTES, pieceBytes: PIECE_BYTES, members, latencyMs: 10, ...more };
  const result = new FluidRoom(options).run();
  assert.ok(result.doneMs !== undefined, 'never done');
  const ratio = result.doneMs / 1_000 / bound.seconds;
  assert.ok(ratio <= bound.ratio, `${ratio.toFixed(3)} times the bound`);
  const overhead = result.originBytes / options.sizeBytes;
  assert.ok(overhead <= (bound.origin ?? 1.02), `${overhead.toFixed(4)} times the file fetched`);
  return result;
}

for (const streams of [1, 4]) {
  const how = `over ${streams} connection${streams > 1 ? 's' : ''} each`;
  for (const count of [1, 2, 4, 8]) {
    test(`${count} equal members ${how} take what their links take together`, () => {
      const seconds = FILE_BYTES / (count * 20 * MBIT);
      race(links(...new Array<number>(count).fill(20)), { seconds, ratio: 1.01 }, { streams });
    });
  }

  test(`members with 50, 20, 10 and 5 Mbit/s ${how} end together`, () => {
    race(links(50, 20, 10, 5), { seconds: FILE_BYTES / (85 * MBIT), ratio: 1.02 }, { streams });
  });

  test(`a link a hundred times slower than the other ${how} does no harm`, () => {
    race(links(100, 1), { seconds: FILE_BYTES / (101 * MBIT), ratio: 1.03 }, { streams });
  });

  test(`a member that joins at half ${how} shares the rest`, () => {
    const half = FILE_BYTES / 2 / (40 * MBIT);
    const members = [...links(20, 20), { rate: 20 * MBIT, joinMs: half * 1_000 }];
    race(members, { seconds: half + FILE_BYTES / 2 / (60 * MBIT), ratio: 1.02 }, { streams });
  });

  test(`what a leaver took along ${how} is fetched again`, () => {
    const half = FILE_BYTES / 2 / (40 * MBIT);
    const members = [...links(20), { rate: 20 * MBIT, leaveMs: half * 1_000 }];
    race(
      members,
      { seconds: half + (0.75 * FILE_BYTES) / (20 * MBIT), ratio: 1.02, origin: 1.27 },
      { streams },
    );
  });

  test(`a member that stalls at half ${how} holds nothing up`, () => {
    const half = FILE_BYTES / 2 / (40 * MBIT);
    const members = [...links(20), { rate: 20 * MBIT, stallMs: half * 1_000 }];
    const { revokes } = race(
      members,
      { seconds: half + FILE_BYTES / 2 / (20 * MBIT), ratio: 1.03 },
      { streams },
    );
    assert.ok(revokes > 0);
  });
}

test('a member that stalls and recovers takes part again', () => {
  const members = [...links(20), { rate: 20 * MBIT, stallMs: 10_000, resumeMs: 20_000 }];
  const { originBytesOf } = race(members, { seconds: FILE_BYTES / (40 * MBIT), ratio: 1.3 });
  assert.ok(originBytesOf[1]! > 0.3 * FILE_BYTES);
});

test('a coordinator that knows nothing takes over without loss', () => {
  race(links(20, 20, 10), { seconds: FILE_BYTES / (50 * MBIT), ratio: 1.03 }, { takeOverMs: 15_000 });
});

test('a member that claims a rate it does not have cannot hold the room up for long', () => {
  const members = [...links(20, 20), { rate: 2 * MBIT, claimedRate: 1e12 }];
  race(members, { seconds: FILE_BYTES / (42 * MBIT), ratio: 1.1 });
});

test('in a room where everybody stalls for a while the work goes on afterwards', () => {
  const members = [20, 10, 5].map((rate) => ({ rate: rate * MBIT, stallMs: 8_000, resumeMs: 30_000 }));
  race(members, { seconds: FILE_BYTES / (35 * MBIT) + 22, ratio: 1.15 });
});

test('pieces are in one place and duplicates within the budget all the way', () => {
  const budget = Math.max(0.02 * FILE_BYTES, PIECE_BYTES);
  const check: FluidOptions['check'] = (planner) => {
    const { members, duplicateBytes } = planner.snapshot();
    assert.ok(duplicateBytes <= budget && duplicateBytes >= 0);
    const runs = members.flatMap(({ leases }) => leases.filter(({ kind }) => kind === 'run'));
    runs.sort((a, b) => a.start - b.start);
    for (let i = 1; i < runs.length; i += 1) assert.ok(runs[i - 1]!.end <= runs[i]!.start);
  };
  race(
    links(50, 20, 10, 5, 1),
    { seconds: FILE_BYTES / (86 * MBIT), ratio: 1.03 },
    { check, streams: 4, latencyMs: 40 },
  );
});
