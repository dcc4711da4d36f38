import type { ErrorCode } from '../errors.ts';

const ORIGIN_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'origin-refused',
  'origin-missing',
  'origin-failed',
  'link-expired',
  'unreachable',
  'dns',
  'tls',
]);

/** Whether another address or another network may heal what failed with this code: it was the origin's fault. */
export function isRevivable(code: string): boolean {
  return ORIGIN_CODES.has(code);
}
