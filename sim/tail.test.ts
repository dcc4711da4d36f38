import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieceBytesFor } from '../src/core/geometry.ts';
import type { Faults } from './scenario/faults.ts';
import { memberSpec, plainScenario, type Scenario } from './scenario/scenario.ts';
import { realCore } from './world/real-core.ts';
import { type Outcome, simulate } from './world/simulate.ts';

/**
 * The figure: with one of eight connections crawling at 1 % of the others, a member alone needs at most 1.05 times
 * as long as without. In virtual time, so nothing here depends on the machine.
 */
const MOST = 1.05;
const CONNECTIONS = 8;
const MIB = 1024 * 1024;
const MB = 1_000_000;

interface Line {
  readonly name: string;
  readonly sizeBytes: number;
  /** What each of the eight brings, in bytes per second. */
  readonly connectionRate: number;
  /** Whether the origin gives a connection no more, or the link gives all of them no more together. */
  readonly limit: 'origin' | 'link';
  readonly firstConnections: number;
}

/** Which connection crawls, from when on, as a share of the time that the download takes without. */
interface Moment {
  readonly name: string;
  readonly share: number;
  readonly which: number;
}

const MOMENTS: readonly Moment[] = [
  { name: 'the first from the start', share: 0, which: 0 },
  { name: 'another in the middle', share: 0.5, which: 5 },
  { name: 'another in the tail', share: 0.9, which: 4 },
];
/** Where all eight are open from the beginning. */
const MORE: readonly Moment[] = [
  { name: 'another from the start', share: 0.02, which: 3 },
  { name: 'the last at four fifths', share: 0.8, which: 7 },
  { name: 'the next that is opened in the tail', share: 0.95, which: CONNECTIONS },
];

const base = { limit: 'origin', firstConnections: CONNECTIONS } as const;
const small = { name: '64 MiB at 8 x 1 MB/s', sizeBytes: 64 * MIB, connectionRate: MB } as const;
const large = { name: '1 GiB at 8 x 12 MB/s', sizeBytes: 1024 * MIB, connectionRate: 12 * MB } as const;
const LINES: readonly Line[] = [
  { ...base, ...small },
  { ...base, ...small, limit: 'link' },
  { ...base, ...small, firstConnections: 1 },
  { ...base, name: '256 MiB at 8 x 4 MB/s', sizeBytes: 256 * MIB, connectionRate: 4 * MB },
  { ...base, name: '1 GiB at 8 x 4 MB/s', sizeBytes: 1024 * MIB, connectionRate: 4 * MB },
  { ...base, ...large },
  { ...base, ...large, limit: 'link' },
  { ...base, ...large, firstConnections: 1 },
];

function scenarioOf(line: Line, faults: Faults): Scenario {
  const { sizeBytes, connectionRate, limit, firstConnections } = line;
  const wanRate = connectionRate * CONNECTIONS * (limit === 'link' ? 1 : 1.5);
  return plainScenario(1, {
    file: { sizeBytes, pieceBytes: pieceBytesFor(sizeBytes), ranges: true, lengthKnown: true },
    origin: {
      rate: 10_000 * MB,
      connectionRate: limit === 'origin' ? connectionRate : undefined,
      connectionsPerMember: undefined,
    },
    members: [memberSpec({ wanRate, maxConnections: CONNECTIONS, firstConnections })],
    faults,
  });
}

function run(scenario: Scenario): Outcome {
  const outcome = simulate(scenario, realCore);
  assert.equal(outcome.failure, undefined);
  return outcome;
}

for (const line of LINES) {
  const begins = line.firstConnections === 1 ? ', begun with one connection' : '';
  test(`one connection of eight that crawls costs at most 5 %: ${line.name}${begins}, limited by the ${line.limit}`, () => {
    const { seconds } = run(scenarioOf(line, {}));
    for (const { name, share, which } of line.firstConnections === 1 ? MOMENTS : [...MOMENTS, ...MORE]) {
      const atMs = share * seconds * 1_000;
      const crawled = run(scenarioOf(line, { connectionCrawl: [{ member: 0, atMs, which, factor: 0.01 }] }));
      const ratio = crawled.seconds / seconds;
      assert.ok(ratio <= MOST, `${name}: ${ratio.toFixed(3)} x as long`);
      assert.ok(crawled.duplicateShare <= 0.02, `${name}: ${crawled.duplicateShare} fetched twice`);
    }
  });
}
