import type { MemberId } from '../ids.ts';
import type { Lease } from '../messages.ts';

/** What a coordinator tells a member about its leases. */
export type PlannerCommand =
  | { readonly type: 'grant'; readonly to: MemberId; readonly lease: Lease }
  | { readonly type: 'revoke'; readonly to: MemberId; readonly lease: number; readonly end: number };
