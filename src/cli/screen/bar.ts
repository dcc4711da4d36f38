import type { Look, Span } from '../text/spans.ts';

/** Eighths of a block, from one to seven. */
const EIGHTHS = ['\u258F', '\u258E', '\u258D', '\u258C', '\u258B', '\u258A', '\u2589'] as const;

/** A bar of exactly `columns`, filled to `share` (0 to 1; anything else counts as the nearer end). */
export function bar(share: number, columns: number, look: Look, sgr: string): readonly Span[] {
  const clamped = Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 0;
  if (!look.unicode) {
    const full = Math.round(clamped * columns);
    return [
      { text: '='.repeat(full), sgr },
      { text: '-'.repeat(columns - full), sgr: '90' },
    ];
  }
  const eighths = Math.round(clamped * columns * 8);
  const full = Math.floor(eighths / 8);
  const rest = EIGHTHS[(eighths % 8) - 1] ?? '';
  return [
    { text: '\u2588'.repeat(full) + rest, sgr },
    { text: '\u00B7'.repeat(columns - full - rest.length), sgr: '90' },
  ];
}
