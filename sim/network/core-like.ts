import type { Core } from '../../src/core/contract.ts';
import type { MemberCoreOptions } from '../../src/core/member/member-core.ts';

/** What the simulated world drives: the doors of a core, so that tests can put a toy in its place. */
export type CoreLike = Omit<Core, 'facts'>;

/** Makes the core of one process of a member. */
export type MakeCore = (options: MemberCoreOptions) => CoreLike;
