import type { DragonloadError } from '../core/errors.ts';
import type { View } from '../core/view.ts';
import type { Result, TaskEvent, Trust } from '../member/task.ts';
import { formatBytes, formatElapsed } from './format.ts';
import type { Look, Span } from './spans.ts';
import { renderLine, SGR } from './spans.ts';

/** Long enough for any path; still a limit. */
const MAX_COLUMNS = 4096;
/** Enough of a digest to compare by eye. */
const SHORT_DIGEST = 16;

/** What to tell people about an event, as finished lines; nothing for what the display itself shows. */
export function eventLines(event: TaskEvent, view: View | undefined, look: Look): string[] {
  switch (event.type) {
    case 'member':
      return [text([{ text: event.name, sgr: SGR.bold }, { text: ` ${event.change}` }], look)];
    case 'resumed': {
      if (event.bytes === 0) return [];
      const name = view?.downloads.find((one) => one.id === event.download)?.fileName ?? 'the file';
      return [text([{ text: `Going on with ${name}: ${formatBytes(event.bytes)} are here already` }], look)];
    }
    case 'notice':
      return [text([{ text: event.message }], look)];
    case 'error':
      return errorLines(event.error, look);
    case 'done':
      return [savedLine(event.result, look)];
    case 'invite':
      return [];
  }
}

/** An error in two lines: what happened, and what to do about it. */
export function errorLines(error: DragonloadError, look: Look): string[] {
  const lines = [text([{ text: 'dragonload: ', sgr: SGR.bad }, { text: error.message }], look)];
  if (error.next !== undefined) lines.push(text([{ text: `  ${error.next}` }], look));
  return lines;
}

/** Where the file is and what it is. */
function savedLine(result: Result, look: Look): string {
  const digest = result.sha256.slice(0, SHORT_DIGEST);
  const facts = `  ${formatBytes(result.sizeBytes)}, sha256 ${digest}${look.unicode ? '\u2026' : '..'}`;
  return text(
    [{ text: 'Saved ', sgr: SGR.good }, { text: result.path, sgr: SGR.bold }, { text: facts }],
    look,
  );
}

/** The last line of a download: what was gained by sharing the work, and how far the bytes can be trusted. */
export function gainLine(result: Result, look: Look): string {
  const spans: Span[] = [{ text: formatElapsed(result.seconds), sgr: SGR.bold }];
  const { aloneSeconds } = result;
  if (aloneSeconds !== undefined) {
    const factor = result.seconds > 0 ? aloneSeconds / result.seconds : 1;
    const gain = factor >= 1.05 ? ` (${factor.toFixed(1)}x as fast)` : '';
    spans.push(
      { text: ` instead of about ${formatElapsed(aloneSeconds)} alone` },
      { text: gain, sgr: SGR.good },
    );
  }
  spans.push({ text: `, ${formatBytes(result.originBytes)} from the origin` });
  if (aloneSeconds !== undefined || result.lanBytes > 0) {
    spans.push({ text: `, ${formatBytes(result.lanBytes)} over the LAN` });
  }
  const by = result.trust.kind === 'publisher-verified' ? ` (${result.trust.by})` : '';
  const sgr = result.trust.kind === 'publisher-verified' ? SGR.good : undefined;
  spans.push({ text: ', ' }, { text: trustWord(result.trust), sgr }, { text: by });
  return text(spans, look);
}

/** How far a file can be trusted, as scripts read it. An audited share is rounded down. */
export function trustWord(trust: Trust): string {
  if (trust.kind !== 'room-consistent') return trust.kind;
  return `room-consistent (${Math.floor(trust.auditedShare * 100)}% audited)`;
}

function text(spans: readonly Span[], look: Look): string {
  return renderLine(spans, MAX_COLUMNS, look);
}
