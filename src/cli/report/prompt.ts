import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { isContentName } from '../../core/content-name.ts';
import { DragonloadError } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { Offer } from '../../core/messages.ts';
import { formatBytes } from '../text/format.ts';
import { safeText, shorten } from '../text/text.ts';

/** Names longer than this are shortened in a question. */
const MAX_NAME_COLUMNS = 60;

/** The question about an offer, in words that no name in it can forge a second line of. */
export function offerQuestion(offer: Offer, roomName: string | undefined): string {
  const size =
    offer.identity.sizeBytes === undefined ? 'size unknown' : formatBytes(offer.identity.sizeBytes);
  const who = roomName === undefined ? 'The room' : `${short(roomName)}'s room`;
  return `${who} offers ${short(offer.fileName)} (${size}) ${placeOf(offer)}. Download it here?`;
}

/** The error of a run that was offered something and could ask nobody. */
export function needsConsent(offer: Offer): DragonloadError {
  return new DragonloadError(
    'needs-consent',
    `The room offers ${short(offer.fileName)} ${placeOf(offer)}, and there is no terminal to ask on.`,
    { hint: advice('Run the command again with --yes to accept what the room offers.') },
  );
}

export interface AskOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal?: AbortSignal;
}

/** Asks a yes-or-no question; Enter means yes. The end of the input and an abort mean no. */
export function ask(question: string, options: AskOptions): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  if (options.signal?.aborted) return Promise.resolve(false);
  // Not as a terminal: the line discipline edits the line, and Ctrl-C stays the signal that it is.
  const reader = createInterface({ input: options.input, terminal: false });
  const put = (): unknown => options.output.write(`${safeText(question)} [Y/n] `);
  const onAbort = (): void => reader.close();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  reader.on('close', () => {
    options.signal?.removeEventListener('abort', onAbort);
    options.input.pause();
    resolve(false);
  });
  reader.on('line', (line) => {
    const answer = parseAnswer(line);
    if (answer === undefined) put();
    else {
      resolve(answer);
      reader.close();
    }
  });
  put();
  return promise;
}

/** Yes, no, or `undefined` for what is neither. */
export function parseAnswer(line: string): boolean | undefined {
  const word = line.trim().toLowerCase();
  if (word === '' || word === 'y' || word === 'yes') return true;
  return word === 'n' || word === 'no' ? false : undefined;
}

/** Where its bytes come from. */
function placeOf({ url }: Offer): string {
  if (isContentName(url)) return 'from its members alone';
  return `from ${short(URL.parse(url)?.host ?? 'an unknown host')}`;
}

function short(text: string): string {
  return shorten(safeText(text), MAX_NAME_COLUMNS);
}
