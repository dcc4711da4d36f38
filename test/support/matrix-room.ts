import assert from 'node:assert/strict';
import type { OriginServer } from '../../src/testing/origin-server/origin-server.ts';
import { command } from './command.ts';
import { type Member, until } from './members.ts';
import type { MemberOptions, Stage } from './stage.ts';

/** While the others join, an origin that sends its file in one stream goes on with so little: of one that stands still a member would give up. */
const TRICKLE_BYTES_PER_SECOND = 32 * 1024;
/** What tells people how to give a fresh link to a download that waits for one. */
const NEEDS_LINK = /waits for a fresh one\. Get a fresh link, then run: dragonload refresh (\d+) URL/;

export interface RoomOptions {
  readonly host: MemberOptions;
  readonly joiners: readonly string[];
  readonly joiner: MemberOptions;
  /** The origin sends the file only from its first byte on, and perhaps once. */
  readonly isStream: boolean;
  /** Called when all are there. */
  readonly isHere: () => void;
}

/** A host and joiners, who are all there before the origins send much; the host alone when it opens no room. */
export async function room(
  stage: Stage,
  origins: readonly OriginServer[],
  options: RoomOptions,
): Promise<readonly Member[]> {
  for (const origin of origins) {
    if (options.isStream) origin.trickle(TRICKLE_BYTES_PER_SECOND);
    else origin.hold();
  }
  const host = stage.host('ada', origins[0]!.url(), options.host);
  const link = () => host.events.find((event) => event.event === 'invite')?.link;
  await until(
    () => link() !== undefined || host.hasEnded,
    () => host.describe('neither opened a room nor ended'),
  );
  const invite = link();
  if (invite === undefined) return [host];
  const { joiners, joiner, isHere } = options;
  const members = [host, ...joiners.map((name) => stage.join(name, invite, joiner))];
  const joined = () => host.events.filter(({ event, change }) => event === 'member' && change === 'joined');
  await until(
    () => joined().length >= joiners.length || members.some((member) => member.hasEnded),
    () => host.describe('was not joined by the others'),
  );
  isHere();
  return members;
}

/** Gives a fresh link to the first member when all have said that they wait for one. */
export async function refresh(stage: Stage, members: readonly Member[], url: string): Promise<void> {
  for (const member of members)
    await member.until(() => member.hasEnded || NEEDS_LINK.test(member.log), 'that it waits for a link');
  const [host] = members;
  const id = NEEDS_LINK.exec(host!.log)?.[1] ?? assert.fail(host!.describe('does not wait for a fresh link'));
  const { code, stderr } = await command(stage, host!.name, 'refresh', id, url);
  assert.equal(code, 0, stderr);
}
