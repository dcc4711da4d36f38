import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundSeconds } from './scenario/bound.ts';
import type { Faults } from './scenario/faults.ts';
import { memberSpec, plainScenario, type Scenario } from './scenario/scenario.ts';
import { realCore } from './world/real-core.ts';
import { type Outcome, simulate, traceHash } from './world/simulate.ts';

/** 250 MB in 1 MiB pieces: on links of 50 Mbit/s two members need 20 s, four 10 s. */
const file = { sizeBytes: 250_000_000, pieceBytes: 1024 * 1024, ranges: true, lengthKnown: true };
const room = (count: number, faults: Faults = {}): Scenario => plainScenario(count, { file, faults });
const death = { silent: false, rejoinAfterMs: undefined, wiped: false };

function run(scenario: Scenario): Outcome {
  const outcome = simulate(scenario, realCore);
  assert.equal(outcome.failure, undefined);
  assert.equal(outcome.wasteful, undefined);
  return outcome;
}

const bytes = (sizeBytes: number, count: number): number => {
  const { wanRate: wan, upRate: up, downRate: down } = memberSpec();
  return boundSeconds(
    sizeBytes,
    Number.POSITIVE_INFINITY,
    Array.from({ length: count }, () => ({ wan, up, down })),
  );
};

for (const count of [1, 2, 4, 8]) {
  test(`${count} equal members reach 1.05 x the bound and fetch 1.02 x the file`, () => {
    const sizeBytes = Math.max(file.sizeBytes, count * 62_500_000);
    const { ratio, duplicateShare } = run(plainScenario(count, { file: { ...file, sizeBytes } }));
    assert.ok(ratio! <= 1.05, `${ratio} x the bound`);
    assert.ok(duplicateShare <= 0.02, `${duplicateShare} fetched twice`);
  });
}

test('skewed links of 50, 20, 10 and 5 Mbit/s reach 1.08 x the bound', () => {
  const members = [50, 20, 10, 5].map((mbit) => memberSpec({ wanRate: mbit * 125_000 }));
  const { ratio } = run(plainScenario(4, { file, members }));
  assert.ok(ratio! <= 1.08, `${ratio} x the bound`);
});

test('a member that joins at half the time shares the rest within 1.15 x the bound', () => {
  const joinMs = (1000 * bytes(file.sizeBytes, 2)) / 2;
  const { seconds } = run(room(3, { join: [{ member: 2, atMs: joinMs }] }));
  const best = joinMs / 1000 + bytes(file.sizeBytes / 2, 3);
  assert.ok(seconds <= 1.15 * best, `${seconds} s where ${best} s are possible`);
});

for (const [who, member] of [
  ['a member', 2],
  ['the host', 0],
] as const) {
  test(`when ${who} is killed at half the others need 1.35 x the bound for the rest`, () => {
    const atMs = (1000 * bytes(file.sizeBytes, 4)) / 2;
    const { seconds } = run(room(4, { kill: [{ member, atMs, ...death }] }));
    const rest = bytes(file.sizeBytes / 2, 3);
    assert.ok(seconds - atMs / 1000 <= 1.35 * rest, `${seconds - atMs / 1000} s for ${rest} s`);
  });
}

test('a killed member that comes back fetches only what it had not kept', () => {
  const { world } = run(room(1, { kill: [] }));
  const whole = world.members[0]!.originBytes;
  assert.equal(whole, file.sizeBytes);
  const faults = { kill: [{ member: 0, atMs: 20_000, ...death, rejoinAfterMs: 1000 }] };
  const again = run(room(1, faults)).world.members[0]!.originBytes;
  assert.ok(again <= 1.06 * file.sizeBytes, `${again} of ${file.sizeBytes} bytes`);
});

test('a member that serves wrong bytes is dropped and the others have right ones', () => {
  const { world } = run(room(3, { corrupt: [{ member: 2, share: 1, fragments: false }] }));
  const [first, second, liar] = world.members;
  assert.ok(first!.banned.has(liar!) || second!.banned.has(liar!));
});

test('whoever cannot fetch and finds the only member that it has met to be a liar waits for those that it has only heard of', () => {
  const members = [
    memberSpec(),
    memberSpec({ joinMs: 250 }),
    memberSpec({ joinMs: 100, canFetch: false, linkPatienceMs: 0 }),
  ];
  const { world } = run(
    plainScenario(3, { members, faults: { corrupt: [{ member: 0, share: 1, fragments: false }] } }),
  );
  assert.ok(world.members[2]!.banned.has(world.members[0]!));
});

test('a fresh link reaches a member that has as many mirrors as it remembers addresses', () => {
  const { world } = run(
    plainScenario(2, {
      faults: {
        mirrors: [{ member: 0, atMs: 500, count: 40 }],
        linkExpired: [{ atMs: 1000, forMs: 1000, member: 1 }],
      },
    }),
  );
  assert.equal(world.members[0]!.link, 1);
});

test('an origin without ranges or length is read by one member', () => {
  const { world, seconds } = run(
    plainScenario(3, {
      file: { sizeBytes: 50_000_001, pieceBytes: 1024 * 1024, ranges: false, lengthKnown: false },
    }),
  );
  const bytesRead = world.members.reduce((sum, member) => sum + member.originBytes, 0);
  assert.equal(bytesRead, 50_000_001);
  assert.ok(seconds <= 1.1 * (50_000_001 / memberSpec().wanRate), `${seconds} s`);
});

test('the real core replays a seed exactly', () => {
  const scenario = plainScenario(3, { faults: { stall: [{ member: 1, atMs: 2000, forMs: 3000 }] } });
  assert.equal(traceHash(scenario, realCore), traceHash(scenario, realCore));
});
