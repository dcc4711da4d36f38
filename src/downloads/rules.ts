import { DragonloadError } from '../core/errors.ts';
import { advice } from '../core/hint.ts';
import type { ControlRequest, DownloadState } from '../store/download-row.ts';

/** A limit in bytes per second below which no download would ever end. */
export const MIN_LIMIT_RATE = 1024;
const MAX_PRIORITY = 1000;

/** What can be asked of a download that is in the list. */
export type CommandKind = ControlRequest['kind'];

/**
 * The states in which a command can be carried out. What is as it should be already is not refused: two who pause one
 * download at the same moment both get what they want.
 */
const ALLOWED: Readonly<Record<CommandKind, readonly DownloadState[]>> = {
  pause: ['waiting', 'running', 'paused'],
  resume: ['waiting', 'running', 'paused', 'failed'],
  remove: ['waiting', 'running', 'paused', 'failed', 'done'],
  refresh: ['waiting', 'running', 'paused', 'failed'],
  limit: ['waiting', 'running', 'paused', 'failed'],
  priority: ['waiting', 'running', 'paused', 'failed'],
};

/** Throws `wrong-state` when the command cannot be carried out in this state. Nothing has been changed by then. */
export function checkState(kind: CommandKind, id: number, state: DownloadState): void {
  if (ALLOWED[kind].includes(state)) return;
  const is = state === 'done' ? 'is finished' : 'has failed';
  const rest = kind === 'pause' ? ': there is nothing to pause.' : '.';
  throw new DragonloadError('wrong-state', `Download ${id} ${is}${rest}`, { facts: { id } });
}

/** Throws `usage` unless the limit is undefined (none), or 1024 bytes per second or more. */
export function checkLimit(bytesPerSecond: number | undefined): void {
  if (bytesPerSecond === undefined) return;
  if (Number.isFinite(bytesPerSecond) && bytesPerSecond >= MIN_LIMIT_RATE) return;
  throw new DragonloadError('usage', `A limit of ${bytesPerSecond} bytes per second cannot be kept.`, {
    hint: advice(`Give ${MIN_LIMIT_RATE} or more, or no limit at all.`),
  });
}

/** Throws `usage` unless it is a whole number from -1000 to 1000. */
export function checkPriority(priority: number): void {
  if (Number.isInteger(priority) && Math.abs(priority) <= MAX_PRIORITY) return;
  throw new DragonloadError('usage', `${priority} is not a priority.`, {
    hint: advice(`Give a whole number from ${-MAX_PRIORITY} to ${MAX_PRIORITY}.`),
  });
}

/** There is no download of this number, or not any more. */
export function unknownDownload(id: number): DragonloadError {
  return new DragonloadError('unknown-download', `There is no download ${id}.`, { facts: { id } });
}
