import type { MemberState } from '../../app/state.ts';
import { formatBytes, formatRate, percentOf } from '../text/format.ts';
import type { Look, Span } from '../text/spans.ts';
import { SGR } from '../text/spans.ts';
import { asciiText, displayWidth, padEnd, padStart, safeText, shorten } from '../text/text.ts';
import { bar } from './bar.ts';

const GAP = '  ';
const RATE_COLUMNS = 10;
const PERCENT_COLUMNS = 5;
const MAX_NAME_COLUMNS = 20;
const MAX_BAR_COLUMNS = 40;

/** Which columns fit; narrow terminals lose the least telling first. */
interface Layout {
  readonly name: number;
  readonly bar: number;
  readonly lan: boolean;
  readonly has: boolean;
}

/**
 * The members of the room, a header first: what each adds to what the room fetches from the origin, its rates, and
 * how much of the file, of `sizeBytes`, it has. At most `rows` lines; the last counts those left out.
 */
export function memberTable(
  members: readonly MemberState[],
  sizeBytes: number | undefined,
  columns: number,
  rows: number,
  look: Look,
): readonly (readonly Span[])[] {
  if (rows < 2) return [];
  const layout = layoutFor(columns, members, look);
  // Shares are of what is listed here, so that they add up even before the room has told its total.
  const totalBytes = members.reduce((sum, member) => sum + member.originBytes, 0);
  const shown = members.length <= rows - 1 ? members : members.slice(0, Math.max(0, rows - 2));
  const lines = [header(layout)];
  for (const member of shown) {
    const share = totalBytes === 0 ? 0 : member.originBytes / totalBytes;
    lines.push(memberLine(member, share, sizeBytes, layout, look));
  }
  const hidden = members.length - shown.length;
  if (hidden > 0) lines.push([{ text: `and ${hidden} more`, sgr: SGR.dim }]);
  return lines;
}

function layoutFor(columns: number, members: readonly MemberState[], look: Look): Layout {
  const rate = GAP.length + RATE_COLUMNS;
  const percent = GAP.length + PERCENT_COLUMNS;
  const has = columns >= 46;
  const lan = columns >= 58;
  const fixed = rate + percent + (lan ? rate : 0) + (has ? percent : 0);
  const longest = Math.max(6, ...members.map((member) => displayWidth(label(member, look))));
  const room = columns - fixed;
  const withBar = columns >= 70;
  const name = Math.max(4, Math.min(longest, MAX_NAME_COLUMNS, withBar ? room - 12 : room));
  return { name, lan, has, bar: withBar ? Math.min(MAX_BAR_COLUMNS, room - name - GAP.length) : 0 };
}

function header(layout: Layout): readonly Span[] {
  let text = padEnd('member', layout.name);
  if (layout.bar > 0) text += GAP + padEnd(layout.bar < 16 ? 'fetched' : 'part of the work', layout.bar);
  text += GAP + padStart('share', PERCENT_COLUMNS) + GAP + padStart('origin', RATE_COLUMNS);
  if (layout.lan) text += GAP + padStart('LAN', RATE_COLUMNS);
  if (layout.has) text += GAP + padStart('has', PERCENT_COLUMNS);
  return [{ text, sgr: SGR.dim }];
}

function memberLine(
  member: MemberState,
  share: number,
  sizeBytes: number | undefined,
  layout: Layout,
  look: Look,
): readonly Span[] {
  const away = !member.isConnected;
  const ellipsis = look.unicode ? '\u2026' : '..';
  const name = padEnd(shorten(label(member, look), layout.name, ellipsis), layout.name);
  const spans: Span[] = [{ text: name, sgr: away ? SGR.dim : member.isMe ? SGR.bold : undefined }];
  if (layout.bar > 0)
    spans.push({ text: GAP }, ...bar(share, layout.bar, look, member.isMe ? SGR.good : SGR.peer));
  // Of a member that is away nothing may be known: no figure is better than a false one.
  const shareText = away && member.originBytes === 0 ? '' : `${Math.round(share * 100)}%`;
  spans.push({ text: GAP + padStart(shareText, PERCENT_COLUMNS) + GAP });
  spans.push(originCell(member, away));
  if (layout.lan) spans.push({ text: GAP + padStart(away ? '' : formatRate(member.lanRate), RATE_COLUMNS) });
  if (layout.has) {
    const has =
      sizeBytes === undefined ? formatBytes(member.heldBytes) : `${percentOf(member.heldBytes, sizeBytes)}%`;
    spans.push({
      text: GAP + padStart(away && member.heldBytes === 0 ? '' : has, PERCENT_COLUMNS),
      sgr: member.phase === 'done' ? SGR.good : undefined,
    });
  }
  return spans;
}

/** The rate from the origin, or in its place the word that says why there is none. */
function originCell(member: MemberState, away: boolean): Span {
  if (away) return { text: padStart('away', RATE_COLUMNS), sgr: SGR.dim };
  if (member.phase === 'failed') return { text: padStart('failed', RATE_COLUMNS), sgr: SGR.bad };
  if (member.phase === 'checking') return { text: padStart('checking', RATE_COLUMNS), sgr: SGR.warn };
  if (member.phase === 'done') return { text: padStart('done', RATE_COLUMNS), sgr: SGR.good };
  if (!member.canFetch) return { text: padStart('LAN only', RATE_COLUMNS), sgr: SGR.warn };
  return { text: padStart(formatRate(member.originRate), RATE_COLUMNS) };
}

function label(member: MemberState, look: Look): string {
  const name = look.unicode ? safeText(member.name) : asciiText(member.name);
  return member.isMe ? `${name} (you)` : name;
}
