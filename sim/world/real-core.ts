import { MemberCore } from '../../src/core/member/member-core.ts';
import { CheckedCore } from '../../src/testing/contract/checked-core.ts';
import type { MakeCore } from '../network/core-like.ts';

/** The core that ships, with the checks of its contract around it. */
export const realCore: MakeCore = (options) => new CheckedCore(new MemberCore(options));
