import type { Checks } from '../checks/checks.ts';
import type { SimMember } from '../network/sim-member.ts';
import type { Transports } from '../network/transports.ts';

/** What faults need of the world that they happen in. */
export interface Stage extends Transports {
  readonly checks: Checks;
  /** Which group a member is in while the room is parted. */
  groups: readonly number[] | undefined;
  /** Starts the process of a member. */
  start(member: SimMember): void;
  /** The process of a member is gone. `silent`: the others notice by timeout only. */
  stop(member: SimMember, silent: boolean, wiped: boolean): void;
  /** The user of a member tells it of the freshest link that it has. */
  giveLink(member: SimMember): void;
}
