import type { Trust } from '../core/result.ts';

/** How far a file can be trusted, as scripts and the list of downloads read it. Shares are rounded down. */
export function trustWord(trust: Trust): string {
  const percent = (share: number) => `${Math.floor(share * 100)}%`;
  switch (trust.kind) {
    case 'room-consistent':
      return `room-consistent (${percent(trust.auditedShare)} audited)`;
    case 'mirrored':
    case 'imported':
      return `${trust.kind} (${percent(trust.comparedShare)} compared)`;
    default:
      return trust.kind;
  }
}

/** The reverse, for a file that was found again. What cannot be read says no more than that the bytes came by here. */
export function trustFrom(word: string | undefined): Trust {
  const [, kind, percent] = /^([a-z-]+)(?: \((\d{1,3})%)?/.exec(word ?? '') ?? [];
  const share = Math.min(1, Number(percent) / 100);
  if (kind === 'room-consistent') return { kind, auditedShare: share };
  if (kind === 'mirrored' || kind === 'imported') return { kind, comparedShare: share };
  if (word === 'publisher-verified') return { kind: word, by: 'the earlier download' };
  return { kind: 'self-verified' };
}
