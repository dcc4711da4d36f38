import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, Event } from '../src/core/contract.ts';
import type { MemberCoreOptions } from '../src/core/member/member-core.ts';
import type { Faults } from './scenario/faults.ts';
import { plainScenario } from './scenario/scenario.ts';
import { ToyCore } from './testing/toy-core.ts';
import { realCore } from './world/real-core.ts';
import { type Outcome, simulate } from './world/simulate.ts';

function run(count: number, faults: Faults): Outcome {
  const outcome = simulate(plainScenario(count, { faults }), realCore);
  assert.equal(outcome.failure, undefined);
  return outcome;
}

test('a member whose disk fails ends its download, and the others finish', () => {
  const { world } = run(3, { diskError: [{ member: 2, atMs: 2000 }] });
  assert.deepEqual(
    world.members.map(({ finished }) => finished),
    [true, true, false],
  );
  assert.equal(world.members[2]!.core!.view(world.clock.nowMs).downloads[0]!.phase, 'failed');
});

test('a core that goes on after its disk has failed is found out', () => {
  const deaf = (options: MemberCoreOptions): ToyCore => new ToyCore(options);
  const faults = { diskError: [{ member: 0, atMs: 2000 }] };
  assert.match(
    simulate(plainScenario(1, { faults }), deaf).failure?.message ?? '',
    /m0 goes on fetching after its disk has failed/,
  );
});

test('a member that the origin refuses from the middle on gets the rest from the others', () => {
  const { world } = run(3, { refused: [{ member: 2, atMs: 2000 }] });
  const [, , refused] = world.members;
  assert.ok(refused!.finished);
  assert.ok(refused!.originBytes < world.geometry.sizeBytes! / 3);
});

test('when the origin serves no ranges any more a member alone reads the file once more at most', () => {
  const { world } = run(1, { rangeless: { atMs: 300 } });
  assert.ok(world.members[0]!.readsWhole);
  assert.ok(world.members[0]!.originBytes <= 2 * world.geometry.sizeBytes!);
});

for (const faults of [{ lateMessages: 0.1 }, { repeatMessages: 0.2 }, { boast: [{ member: 2 }] }]) {
  const [name] = Object.keys(faults);
  test(`a room survives ${name}`, () => {
    const { world } = run(4, faults);
    for (const member of world.members) assert.ok(member.finished || member.isExempt);
  });
}

test('messages that are held up change what happens, and nobody overtakes them', () => {
  const told: number[] = [];
  class Listener extends ToyCore {
    override handle(event: Event, nowMs: number): void {
      if (event.type === 'message' && event.message.type === 'have')
        told.push(...event.message.runs.map(({ start }) => start));
      super.handle(event, nowMs);
    }
  }
  const faults = { lateMessages: 0.5 };
  const listening = (options: MemberCoreOptions): ToyCore => new Listener(options);
  const { failure } = simulate(plainScenario(2, { faults }), listening);
  assert.equal(failure, undefined);
  assert.deepEqual(
    told,
    told.toSorted((a, b) => a - b),
  );
});

test('messages that come twice come after newer ones', () => {
  const told: number[] = [];
  class Listener extends ToyCore {
    override handle(event: Event, nowMs: number): void {
      if (event.type === 'message' && event.message.type === 'have')
        told.push(...event.message.runs.map(({ start }) => start));
      super.handle(event, nowMs);
    }
  }
  const listening = (options: MemberCoreOptions): ToyCore => new Listener(options);
  simulate(plainScenario(2, { faults: { repeatMessages: 0.5 } }), listening);
  assert.notDeepEqual(
    told,
    told.toSorted((a, b) => a - b),
  );
});

test('a notice of a member that is there already is found out', () => {
  class Stutterer extends ToyCore {
    override drain(): readonly Command[] {
      const commands = super.drain();
      const notice = { type: 'member-joined', peer: 'somebody', name: 'Bob' } as const;
      return commands.length === 0 ? commands : [...commands, notice];
    }
  }
  const { failure } = simulate(plainScenario(1), (options) => new Stutterer(options));
  assert.match(failure?.message ?? '', /m0: member-joined of a member that is there/);
});

test('members that are connected and take different ones for the coordinator are found out', () => {
  class Loner extends ToyCore {
    readonly #me: string;
    constructor(options: MemberCoreOptions) {
      super(options);
      this.#me = options.me;
    }
    override view(nowMs: number): ReturnType<ToyCore['view']> {
      return {
        ...super.view(nowMs),
        room: { id: 'room', invite: '', coordinator: this.#me, epoch: 1 },
      };
    }
  }
  const { failure } = simulate(plainScenario(2), (options) => new Loner(options));
  assert.match(failure?.message ?? '', /^m0 takes m0 for the coordinator and m1 takes m1/);
});
