import type { SimMember } from '../network/sim-member.ts';
import type { Faults, Window } from '../scenario/faults.ts';
import type { Stage } from './stage.ts';

/** Whoever is to get a fresh link may be away: then somebody else is asked, again and again. */
const ASK_AGAIN_MS = 500;

/** Puts what goes wrong between members and the origin on the clock of their world. */
export function scheduleOriginFaults(world: Stage, during: During): void {
  const { clock, members, origin } = world;
  const { faults } = world.scenario;
  for (const crawl of faults.originCrawl ?? []) {
    during(
      crawl,
      () => {
        origin.crawls.some = crawl;
      },
      () => {
        origin.crawls.some = undefined;
      },
    );
  }
  for (const { member, atMs, which, factor } of faults.connectionCrawl ?? [])
    clock.at(atMs, () => origin.slowDown(members[member]!, which, factor));
  for (const expired of faults.linkExpired ?? []) {
    const expire = (): void => {
      world.note(undefined, 'the link has expired');
      origin.validLink += 1;
    };
    during(expired, expire, () => refresh(world, members[expired.member]!, origin.validLink));
  }
  for (const change of faults.networkChanged ?? []) {
    const member = members[change.member]!;
    const freeze = (): void => {
      world.note(member, 'has other addresses: its connections are dead');
      origin.freeze(member);
    };
    const notice = (): void => {
      origin.forgetReading(member);
      world.deliver(member, { type: 'network-changed' });
    };
    during(change, freeze, notice);
  }
  for (const { member: index, atMs, count } of faults.mirrors ?? []) {
    clock.at(atMs, () => {
      const urls = Array.from({ length: count }, (_, i) => `http://mirror${i}.example/file.bin`);
      world.deliver(members[index]!, { type: 'add-sources', download: world.download, urls });
    });
  }
  for (const { member: index, atMs } of faults.refused ?? []) {
    clock.at(atMs, () => {
      world.note(members[index], 'is refused by the origin from now on');
      members[index]!.refused = true;
    });
  }
  if (faults.rangeless !== undefined) {
    clock.at(faults.rangeless.atMs, () => {
      world.note(undefined, 'the origin serves no ranges any more');
      origin.isRangeless = true;
    });
  }
  mislead(world, faults);
}

type During = (window: Window, begin: () => void, end: () => void) => void;

/** The address that the user gives when the link has expired so many times. */
export function linkUrl(link: number): string {
  return `http://origin.example/file.bin?link=${link}`;
}

/** Which link an address is; 0 for another address. */
export function linkOf(url: string): number {
  return Number(/[?&]link=(\d+)$/.exec(url)?.[1] ?? 0);
}

/** The user of a member that is there, best of the one given, has a fresh link. */
function refresh(world: Stage, chosen: SimMember, link: number): void {
  const able = world.members.filter(({ core, added, isExempt }) => {
    return core && added && !isExempt;
  });
  const member = able.includes(chosen) ? chosen : able[0];
  if (member === undefined) {
    world.clock.after(ASK_AGAIN_MS, () => refresh(world, chosen, link));
    return;
  }
  member.givenLink = link;
  world.giveLink(member);
}

function mislead(world: Stage, { wrongPieces }: Faults): void {
  for (const { member: index, share } of wrongPieces ?? []) {
    const member = world.members[index]!;
    member.wasMisled = true;
    for (let piece = 0; piece < world.geometry.pieceCount!; piece++)
      if (world.prng.chance(share)) member.misled.add(piece);
  }
}
