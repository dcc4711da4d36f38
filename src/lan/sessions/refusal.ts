import { Code, ConnectError } from '@connectrpc/connect';
import { DragonloadError } from '../../core/errors.ts';

/** Why a member does not let another in. Each travels as a gRPC status code. */
export type Refusal =
  | 'version'
  | 'unknown-room'
  | 'wrong-secret'
  | 'banned'
  | 'already-connected'
  | 'malformed'
  | 'full';

const CODES: Readonly<Record<Refusal, Code>> = {
  version: Code.FailedPrecondition,
  'unknown-room': Code.NotFound,
  'wrong-secret': Code.Unauthenticated,
  banned: Code.PermissionDenied,
  'already-connected': Code.AlreadyExists,
  malformed: Code.InvalidArgument,
  full: Code.ResourceExhausted,
};

/** Thrown while a session is being admitted; the message may be shown to the other side. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

/** The refusal as the gRPC status that ends the session. */
export function statusOf(error: unknown): ConnectError {
  if (error instanceof Refused) return new ConnectError(error.message, CODES[error.refusal]);
  if (error instanceof DragonloadError) return new ConnectError(error.message, Code.InvalidArgument);
  return new ConnectError('the session ended', Code.Aborted);
}

/** The refusal behind a gRPC status that the other side sent, if it is one. */
export function refusalOf(error: unknown): Refusal | undefined {
  const code = error instanceof ConnectError ? error.code : undefined;
  return (Object.keys(CODES) as Refusal[]).find((refusal) => CODES[refusal] === code);
}

/** The error for the user of a dialler whose admission has ended. */
export function dialError(error: unknown): DragonloadError {
  if (error instanceof DragonloadError) return error;
  const cause = error;
  switch (refusalOf(error)) {
    case 'unknown-room':
      return new DragonloadError('unknown-room', 'The member that answered does not know this room.', {
        hint: { kind: 'ask-for-fresh-invite', why: 'room-ended' },
        cause,
      });
    case 'wrong-secret':
      return wrongSecret(cause);
    case 'version':
      return new DragonloadError(
        'room-failed',
        'The member that answered speaks another version of the protocol.',
        {
          hint: { kind: 'update', who: 'both' },
          cause,
        },
      );
    case 'banned':
      return new DragonloadError(
        'room-failed',
        'The room has shut this member out because of what it sent before.',
        {
          hint: { kind: 'ask-to-restart' },
          cause,
        },
      );
    case 'full':
      return new DragonloadError('room-failed', 'The member that answered has too many connections.', {
        hint: { kind: 'try-later' },
        cause,
      });
    case 'malformed':
      return new DragonloadError('bad-peer', 'The member that answered did not understand this one.', {
        hint: { kind: 'update', who: 'both' },
        cause,
      });
    default:
      return new DragonloadError(
        'unreachable',
        'The member answered, but the session broke off before it began.',
        {
          hint: { kind: 'try-again-or-update' },
          cause,
        },
      );
  }
}

/** The error when the two sides have different secrets for the room. */
export function wrongSecret(cause?: unknown): DragonloadError {
  return new DragonloadError('wrong-secret', 'The key of the room is not the right one.', {
    hint: { kind: 'ask-for-fresh-invite', why: 'damaged' },
    cause,
  });
}
