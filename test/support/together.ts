import type { Member } from './members.ts';

/** Waits until each member of a room knows of each other one. */
export async function together(...members: readonly Member[]): Promise<void> {
  for (const member of members)
    for (const { name } of members)
      if (name !== member.name) await member.event('member', { change: 'joined', name });
}
