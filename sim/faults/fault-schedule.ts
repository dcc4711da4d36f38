import type { SimMember } from '../network/sim-member.ts';
import type { Death, Window } from '../scenario/faults.ts';
import { scheduleOriginFaults } from './origin-faults.ts';
import type { Stage } from './stage.ts';

/** Puts every fault of the scenario on the clock of its world. */
export function scheduleFaults(world: Stage): void {
  const { clock, members, origin } = world;
  const { faults } = world.scenario;
  const during = (window: Window, begin: () => void, end: () => void): void => {
    clock.at(window.atMs, begin);
    if (Number.isFinite(window.forMs)) clock.at(window.atMs + window.forMs, end);
  };
  const linksChanged = (): void => {
    origin.refresh();
    world.pulls.refresh();
    world.sessions.linksChanged();
  };

  for (const death of faults.kill ?? [])
    clock.at(death.atMs, () => kill(world, members[death.member]!, death));
  for (const death of faults.killCoordinator ?? []) {
    clock.at(death.atMs, () => {
      const coordinator = coordinatorOf(world);
      if (coordinator !== undefined && hasHeir(world, coordinator)) kill(world, coordinator, death);
    });
  }
  for (const { member: index, atMs } of faults.leave ?? [])
    clock.at(atMs, () => leave(world, members[index]!));
  for (const { member: index, share, fragments } of faults.corrupt ?? []) {
    members[index]!.corruptShare = share;
    members[index]!.corruptFragments = fragments;
  }
  for (const stall of faults.stall ?? []) {
    const member = members[stall.member]!;
    const set = (stalled: boolean) => (): void => {
      world.note(member, stalled ? 'stalls' : 'moves again');
      member.stalled = stalled;
      if (stalled && !Number.isFinite(stall.forMs)) member.lost = true;
      world.checks.ledger.rebuild();
      linksChanged();
    };
    during(stall, set(true), set(false));
  }
  for (const slow of faults.slow ?? []) {
    const member = members[slow.member]!;
    const set = (factor: number) => (): void => {
      world.note(member, `runs at ${factor} of its rate`);
      member.slowFactor = factor;
      origin.refresh();
    };
    during(slow, set(slow.factor), set(1));
  }
  for (const partition of faults.partition ?? []) {
    const part = (): void => {
      world.note(undefined, `the room is parted: ${JSON.stringify(partition.groups)}`);
      world.groups = members.map((member) =>
        partition.groups.findIndex((group) => group.includes(member.index)),
      );
      linksChanged();
    };
    const heal = (): void => {
      world.note(undefined, 'the room is one again');
      world.groups = undefined;
      linksChanged();
    };
    during(partition, part, heal);
  }
  for (const slow of faults.originSlow ?? []) {
    const set = (factor: number) => (): void => {
      origin.rateFactor = factor;
      origin.refresh();
    };
    during(slow, set(slow.factor), set(1));
  }
  for (const busy of faults.originBusy ?? []) {
    during(
      busy,
      () => {
        origin.busy = busy;
      },
      () => {
        origin.busy = undefined;
      },
    );
  }
  for (const broken of faults.originBroken ?? []) {
    during(
      broken,
      () => {
        origin.breakChance = broken.chance;
      },
      () => {
        origin.breakChance = 0;
      },
    );
  }
  for (const { member: index } of faults.boast ?? []) members[index]!.boasts = true;
  for (const { member: index, atMs } of faults.diskError ?? [])
    clock.at(atMs, () => failDisk(world, members[index]!));
  scheduleOriginFaults(world, during);
  if (faults.originChanged !== undefined) {
    clock.at(faults.originChanged.atMs, () => {
      world.note(undefined, 'the origin has another file');
      origin.changed = true;
    });
  }
}

function kill(world: Stage, member: SimMember, death: Death): void {
  if (member.core === undefined) return;
  world.stop(member, death.silent, death.wiped);
  if (death.rejoinAfterMs === undefined) return;
  world.clock.after(death.rejoinAfterMs, () => world.start(member));
  world.checks.returnsMs(member, world.clock.nowMs + death.rejoinAfterMs);
}

function leave(world: Stage, member: SimMember): void {
  if (member.core === undefined) return;
  world.deliver(member, { type: 'leave' });
  member.lost = true;
  world.stop(member, false, false);
}

/** Its process goes on without the download, and serves what it has. */
function failDisk(world: Stage, member: SimMember): void {
  if (member.core === undefined || !member.added || member.finished) return;
  world.note(member, 'cannot write any more');
  member.diskFailed = true;
  const reason = { code: 'disk-full', message: 'no space is left' } as const;
  world.deliver(member, { type: 'failed', download: world.download, reason });
  if (world.origin.openStreams(member) > 0 || world.pulls.openCount(member) > 0)
    world.fail(`${member.name} goes on fetching after its disk has failed`);
}

/** Whom the first running member takes for the coordinator. */
function coordinatorOf(world: Stage): SimMember | undefined {
  const witness = world.members.find((member) => member.core !== undefined && member.added);
  const id = witness?.core?.view(world.clock.nowMs).room?.coordinator;
  return id === undefined ? undefined : world.memberOf(id);
}

/** Whether somebody else can get the whole file for the room when this member has gone. */
function hasHeir(world: Stage, leaver: SimMember): boolean {
  return world.members.some((member) => {
    return (
      member !== leaver &&
      member.core &&
      member.added &&
      member.canFetch &&
      !member.refused &&
      !member.isExempt
    );
  });
}
