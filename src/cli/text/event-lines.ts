import type { DragonloadError } from '../../core/errors.ts';
import type { Result } from '../../core/result.ts';
import { trustWord } from '../../downloads/trust-text.ts';
import type { TaskEvent } from '../../engine/base/task.ts';
import { nextStep, ownSource, withNextStep } from './error-text.ts';
import { formatBytes, formatDuration, formatElapsed } from './format.ts';
import type { Look, Span } from './spans.ts';
import { renderText, SGR } from './spans.ts';

/** Enough of a digest to compare by eye. */
const SHORT_DIGEST = 16;

/** How to write running text; without `columns` every sentence is one line, as logs want it. */
export interface TextLook extends Look {
  readonly columns?: number;
}

/**
 * What to tell people about an event, as finished lines; nothing for what the display itself shows. `isOneOfMany`: there
 * are several downloads, so that it has to be said which one is meant.
 */
export function eventLines(event: TaskEvent, look: TextLook, isOneOfMany = false): string[] {
  switch (event.type) {
    case 'member':
      return text([{ text: event.name, sgr: SGR.bold }, { text: ` ${event.change}` }], look);
    case 'resumed':
      return noticeLines(
        `Going on with ${event.fileName}: ${formatBytes(event.bytes)} are here already`,
        look,
      );
    case 'notice':
      return noticeLines(withNextStep(event.message, event.hint), look);
    case 'error':
      return errorLines(event.error, look, isOneOfMany ? nameOf(event) : undefined, event.id);
    case 'done':
      return savedLines(event.result, isOneOfMany, look);
    case 'waiting':
      return noticeLines(waitingText(event), look);
    case 'invite':
      return [];
  }
}

/** What a member that has everything stays for, and how to end that. */
function waitingText({ for: reason, leftMs }: Extract<TaskEvent, { type: 'waiting' }>): string {
  const forHowLong = leftMs === undefined ? '' : ` for at most ${formatDuration(leftMs)}`;
  switch (reason) {
    case 'joiners':
      return `Everything is here. Staying${forHowLong} for the first to join. Ctrl-C leaves now; --leave does not wait.`;
    case 'members':
      return 'Everything is here. Staying for members that still need pieces. Ctrl-C leaves now.';
    case 'stop':
      return 'Everything is here. Staying until stopped, as --stay says: Ctrl-C leaves.';
  }
}

/** A sentence for people. */
export function noticeLines(message: string, look: TextLook): string[] {
  return text([{ text: message }], look);
}

/**
 * An error: what happened, if need be to what, and on a line of its own what to do about it. `id`: the number of the
 * download that it is about.
 */
export function errorLines(error: DragonloadError, look: TextLook, subject?: string, id?: number): string[] {
  const about = subject === undefined ? error.message : `${subject}: ${error.message}`;
  const lines = text([{ text: 'dragonload: ', sgr: SGR.bad }, { text: about }], look);
  if (error.hint === undefined) return lines;
  return [...lines, ...text([{ text: `  ${nextStep(error.hint, id)}` }], look)];
}

/** The download that an error is about, by its number and the end of its address. */
function nameOf({ id, url }: Extract<TaskEvent, { type: 'error' }>): string | undefined {
  const end = url?.split('/').at(-1) || url;
  return [...(id === undefined ? [] : [id]), ...(end === undefined ? [] : [end])].join(' ') || undefined;
}

/** Where the file is and what it is; of several also how far it can be trusted, which else is told at the end. */
function savedLines(result: Result, isOneOfMany: boolean, look: TextLook): string[] {
  const digest = `${result.sha256.slice(0, SHORT_DIGEST)}${look.unicode ? '\u2026' : '..'}`;
  const trust = isOneOfMany ? [trustWord(result.trust)] : [];
  // Of many files at a terminal a line is enough for each; `history --json` has the digests.
  const sha256 = isOneOfMany && look.columns !== undefined ? [] : [`sha256 ${digest}`];
  const facts = ` (${[formatBytes(result.sizeBytes), ...sha256, ...trust].join(', ')})`;
  return text(
    [{ text: 'Saved ', sgr: SGR.good }, { text: result.path, sgr: SGR.bold }, { text: facts }],
    look,
  );
}

/** The last line of a download: what was gained by sharing the work, and how far the bytes can be trusted. */
export function gainLines(result: Result, look: TextLook): string[] {
  const spans: Span[] = [{ text: formatElapsed(result.seconds), sgr: SGR.bold }];
  const { aloneSeconds, trust } = result;
  if (aloneSeconds !== undefined) {
    const factor = result.seconds > 0 ? aloneSeconds / result.seconds : 1;
    const gain = factor >= 1.05 ? ` (${factor.toFixed(1)}x as fast)` : '';
    spans.push(
      { text: ` instead of about ${formatElapsed(aloneSeconds)} alone` },
      { text: gain, sgr: SGR.good },
    );
  }
  const lan = aloneSeconds !== undefined || result.lanBytes > 0;
  spans.push({ text: `, ${formatBytes(result.originBytes)} from the origin, ` });
  if (lan) spans.push({ text: `${formatBytes(result.lanBytes)} over the LAN, ` });
  const verified = trust.kind === 'publisher-verified';
  spans.push({ text: trustWord(trust), sgr: verified ? SGR.good : undefined });
  if (verified) spans.push({ text: ` (${ownSource(trust.by)})` });
  // The word alone tells nobody who has not read what it means.
  if (trust.kind === 'room-consistent')
    spans.push({ text: ': as the members signed it, with no digest from the publisher to check' });
  return text(spans, look);
}

function text(spans: readonly Span[], look: TextLook): string[] {
  return renderText(spans, look.columns, look);
}
