import type { FailureReason, OriginOutcome } from '../../src/core/contract.ts';

/** Why an origin of the simulator failed, as the engine would say it. */
export function failureOf(outcome: OriginOutcome): FailureReason {
  const code =
    outcome === 'expired' ? 'link-expired' : outcome === 'refused' ? 'origin-refused' : 'origin-failed';
  return { code, message: `the origin said ${outcome}` };
}
