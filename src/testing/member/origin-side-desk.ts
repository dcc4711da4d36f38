import fc from 'fast-check';
import { PIECE } from './origin-desk.ts';

export const act = fc.oneof(
  fc.record({
    do: fc.constant('deliver' as const),
    which: fc.nat(7),
    bytes: fc.integer({ min: 1, max: 3 * PIECE }),
  }),
  fc.record({ do: fc.constant('break' as const), which: fc.nat(7) }),
  fc.record({ do: fc.constant('revoke' as const), lease: fc.integer({ min: 1, max: 3 }), piece: fc.nat(17) }),
  fc.record({
    do: fc.constant('fragment' as const),
    piece: fc.nat(16),
    bytes: fc.integer({ min: 1, max: PIECE }),
  }),
  fc.record({ do: fc.constant('have' as const), piece: fc.nat(16) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 2_000 }) }),
);
