import { MemberCore } from '../../src/core/member/member-core.ts';
import type { MakeCore } from '../network/core-like.ts';

/** The core that ships. */
export const realCore: MakeCore = (options) => new MemberCore(options);
