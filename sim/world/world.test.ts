import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, Event } from '../../src/core/contract.ts';
import type { MemberCoreOptions } from '../../src/core/member/member-core.ts';
import { scenarioOf } from '../scenario/random-scenario.ts';
import { plainScenario } from '../scenario/scenario.ts';
import { ToyCore } from '../testing/toy-core.ts';
import { simulate, traceHash } from './simulate.ts';

const toy = (options: MemberCoreOptions): ToyCore => new ToyCore(options);

test('a member alone that streams the file needs what its link needs', () => {
  const { failure, seconds, ratio } = simulate(plainScenario(1), toy);
  assert.equal(failure, undefined);
  assert.ok(ratio! > 1 && ratio! < 1.03, `${seconds} s, ${ratio} x the bound`);
});

test('members that pull everything from one end shortly after it', () => {
  const { failure, world } = simulate(plainScenario(4), toy);
  assert.equal(failure, undefined);
  const times = world.members.map((member) => member.finishedMs!);
  assert.ok(Math.max(...times) - Math.min(...times) < 200, times.join(' '));
  for (const member of world.members.slice(1)) assert.equal(member.lanBytes, world.geometry.sizeBytes);
});

test('an origin without a length tells the size at the end of the stream', () => {
  const file = { sizeBytes: 5_000_001, pieceBytes: 1024 * 1024, ranges: false, lengthKnown: false };
  assert.equal(simulate(plainScenario(1, { file }), toy).failure, undefined);
});

test('the same seed gives the same trace, another seed another', () => {
  const hashes = [3, 3, 4].map((seed) => traceHash({ ...plainScenario(3), seed }, toy));
  assert.equal(hashes[0], hashes[1]);
  assert.notEqual(hashes[0], hashes[2]);
  assert.deepEqual(scenarioOf(77), scenarioOf(77));
});

test('a room that loses its only source is found not to finish', () => {
  const faults = { kill: [{ member: 0, atMs: 2000, silent: true, rejoinAfterMs: undefined, wiped: false }] };
  const { failure } = simulate(plainScenario(2, { faults }), toy);
  assert.match(
    failure?.message ?? '',
    /m1 .*(without a session|not finished in time)|not finished in time: m1/,
  );
});

test('a core that keeps what a liar served is found out', () => {
  const faults = { corrupt: [{ member: 0, share: 0.05, fragments: false }] };
  assert.match(
    simulate(plainScenario(2, { faults }), toy).failure?.message ?? '',
    /keep of piece \d+ against a hash/,
  );
});

test('a stalled member moves nothing until it moves again', () => {
  const faults = { stall: [{ member: 0, atMs: 2000, forMs: 5000 }] };
  const plain = simulate(plainScenario(1), toy);
  const stalled = simulate(plainScenario(1, { faults }), toy);
  assert.equal(stalled.failure, undefined);
  assert.ok(Math.abs(stalled.seconds - plain.seconds - 5) < 0.01);
});

test('bytes that an origin gives twice are counted', () => {
  class Twice extends ToyCore {
    #again = false;
    override handle(event: Event, nowMs: number): void {
      if (event.type === 'probe-done') this.#again = true;
      if (event.type === 'origin-bytes' && event.stream === 2) return;
      super.handle(event, nowMs);
    }
    override drain(): readonly Command[] {
      const commands = super.drain();
      if (!this.#again) return commands;
      this.#again = false;
      const { download } = commands.find((command) => command.type === 'fetch')!;
      return [...commands, { type: 'fetch', download, stream: 2, start: 20_000_000, end: 30_000_000 }];
    }
  }
  const { failure, wasteful } = simulate(plainScenario(1), (options) => new Twice(options));
  assert.equal(failure, undefined);
  assert.match(wasteful ?? '', /^19.1 % of the file was fetched twice where 2.0 % may be/);
});
