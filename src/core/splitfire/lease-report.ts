import type { LeaseReport } from '../messages.ts';

/** Whether a reported lease is a range at all. */
export function isSound({ lease, start, end, receivedBytes }: LeaseReport): boolean {
  return (
    [lease, start, end, receivedBytes].every((value) => Number.isSafeInteger(value) && value >= 0) &&
    start < end
  );
}
