import type { EngineState } from '../../app/state.ts';
import type { DragonloadError } from '../../core/errors.ts';
import { DragonloadError as Failure } from '../../core/errors.ts';
import { advice } from '../../core/hint.ts';
import type { Offer } from '../../core/messages.ts';
import type { TerminalStream } from '../text/terminal.ts';
import { ask, needsConsent, offerQuestion } from './prompt.ts';
import type { Reporter } from './reporter.ts';

export interface ConsentOptions {
  /** `--yes`: everything is taken on. */
  readonly yes: boolean;
  readonly input: NodeJS.ReadStream;
  readonly output: TerminalStream;
  readonly reporter: Reporter;
  /** What is known by now. */
  readonly state: () => EngineState | undefined;
  /** There is nothing left to take part in: the run ends with this error. */
  readonly giveUp: (error: DragonloadError) => void;
  readonly signal?: AbortSignal;
}

/** Decides about what a room offers: by `--yes`, by asking at the terminal one question at a time, or not at all. */
export function createConsent(options: ConsentOptions): (offer: Offer) => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let accepted = 0;
  const decide = async (offer: Offer): Promise<boolean> => {
    const { input, output, reporter, signal } = options;
    reporter.pause();
    try {
      const question = offerQuestion(offer, hostName(options.state()));
      return await ask(question, { input, output, ...(signal && { signal }) });
    } finally {
      reporter.resume();
    }
  };
  return async (offer) => {
    if (options.yes) return true;
    if (options.input.isTTY !== true || options.output.isTTY !== true) {
      options.giveUp(needsConsent(offer));
      return false;
    }
    waiting += 1;
    const answer = last.then(() => decide(offer));
    last = answer.catch(() => {});
    const agreed = await answer;
    waiting -= 1;
    if (agreed) accepted += 1;
    if (accepted === 0 && waiting === 0 && !options.signal?.aborted) options.giveUp(declined());
    return agreed;
  };
}

function hostName(state: EngineState | undefined): string | undefined {
  const room = state?.rooms[0];
  return room?.members.find(({ id, isMe }) => id === room.coordinator && !isMe)?.name;
}

function declined(): DragonloadError {
  return new Failure('needs-consent', 'You declined what the room offers.', {
    hint: advice('Join again whenever you like; the invite stays good while the room is open.'),
  });
}
