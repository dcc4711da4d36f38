import type { Failure, Tally } from '../../app/tally.ts';
import { nextStep } from '../text/error-text.ts';
import { gainLines, noticeLines, type TextLook } from '../text/event-lines.ts';
import { formatBytes, formatElapsed } from '../text/format.ts';
import { renderText, SGR } from '../text/spans.ts';

/** Of more failures than this only the number is told; the list of downloads has them. */
const MAX_FAILURES = 20;
/** More numbers than this are not written out for a command to copy. */
const MAX_NUMBERS = 8;

/** The last lines of a run: what was gained, and with failures what they were and how to try again. */
export function endingLines(tally: Tally, look: TextLook): string[] {
  const lines =
    tally.only !== undefined ? gainLines(tally.only, look) : tally.doneCount > 1 ? sumLines(tally, look) : [];
  return tally.hasFailed ? [...lines, ...failureLines(tally, look)] : lines;
}

/** How many files, how much, how fast, from where and how far to be trusted. */
function sumLines(tally: Tally, look: TextLook): string[] {
  const { doneCount, sizeBytes, originBytes, lanBytes, trust } = tally;
  const factor = tally.workSeconds > 0 ? tally.aloneSeconds / tally.workSeconds : 1;
  const gain = factor >= 1.05 ? ` (${factor.toFixed(1)}x as fast as alone)` : '';
  const words = [...trust].map(([word, count]) => (trust.size === 1 ? `all ${word}` : `${count} ${word}`));
  const lan = lanBytes > 0 ? `, ${formatBytes(lanBytes)} over the LAN` : '';
  return renderText(
    [
      {
        text: `${doneCount} files, ${formatBytes(sizeBytes)} in ${formatElapsed(tally.seconds)}`,
        sgr: SGR.bold,
      },
      { text: gain, sgr: SGR.good },
      { text: `, ${formatBytes(originBytes)} from origins${lan}: ${words.join(', ')}` },
    ],
    look.columns,
    look,
  );
}

function failureLines({ failures, doneCount }: Tally, look: TextLook): string[] {
  const [first] = failures;
  if (first === undefined) return [];
  // The error of a single download stands right above; a flag that was wrong has to be put right, not repeated.
  if (failures.length === 1 && doneCount === 0)
    return first.error.code === 'usage' ? [] : noticeLines(adviceFor([first]), look);
  const lines = noticeLines(`${counted(failures.length)} failed:`, look);
  for (const { id, url, error } of failures.slice(0, MAX_FAILURES)) {
    // Most errors name the address themselves.
    const address = url === undefined || error.message.includes(url) ? undefined : url;
    const what = [id, address].filter((part) => part !== undefined).join(' ');
    lines.push(...renderText([{ text: `  ${what}: ` }, { text: error.message }], look.columns, look));
    const next = error.code === 'link-expired' ? freshLink(id) : error.hint && nextStep(error.hint, id);
    if (next !== undefined) lines.push(...noticeLines(`    ${next}`, look));
  }
  const more = failures.length - MAX_FAILURES;
  if (more > 0) lines.push(...noticeLines(`  and ${more} more: dragonload ls`, look));
  return [...lines, ...noticeLines(adviceFor(failures), look)];
}

/** How to go on with them, as a command to copy. */
function adviceFor(failures: readonly Failure[]): string {
  const ids = failures.map(({ id }) => id);
  if (failures.length === 1 && failures[0]?.error.code === 'link-expired') return freshLink(ids[0]);
  // What has arrived is whole, and is not what it should be: going on changes nothing.
  if (failures.length === 1 && failures[0]?.error.code === 'digest-mismatch')
    return `To fetch it anew: dragonload rm ${ids[0] ?? 'ID'}, then the same command`;
  const numbers =
    ids.every((id) => id !== undefined) && ids.length <= MAX_NUMBERS ? ids.join(' ') : '--failed';
  return `To try again: dragonload resume ${numbers}`;
}

function freshLink(id: number | undefined): string {
  return `With a fresh link: dragonload refresh ${id ?? 'ID'} URL, then dragonload resume ${id ?? 'ID'}`;
}

function counted(count: number): string {
  return count === 1 ? '1 download' : `${count} downloads`;
}
