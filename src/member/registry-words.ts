import type { Trust } from './task.ts';

/** How far a file can be trusted, as scripts and the list of downloads read it. Shares are rounded down. */
export function trustWord(trust: Trust): string {
  const percent = (share: number) => `${Math.floor(share * 100)}%`;
  switch (trust.kind) {
    case 'room-consistent':
      return `room-consistent (${percent(trust.auditedShare)} audited)`;
    case 'imported':
      return `imported (${percent(trust.comparedShare)} compared)`;
    default:
      return trust.kind;
  }
}
