import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DragonloadError } from '../core/errors.ts';
import type { Origin } from '../origin/origin.ts';
import type { Probe } from '../origin/probe.ts';
import { displayUrl, sameHost } from '../url/web-url.ts';
import type { Job } from './job.ts';
import { listError, MAX_LIST_BYTES } from './list-error.ts';
import { type MetalinkContext, MetalinkReader } from './metalink.ts';

/** Attempts to fetch the document when a failure may pass. */
const ATTEMPTS = 3;
/** The longest pause of an origin that is waited for. */
const MAX_PAUSE_MS = 10_000;

/**
 * The downloads that the Metalink document at a job's address describes. They get the directory, priority, limit and
 * request settings of the job, and names, digests and addresses of the document. A name that the user gave is used when
 * the document has one file. Addresses at other hosts than the one that the user named are not trusted: see
 * `Job.trusted`.
 *
 * Throws `bad-list` for a document that cannot be used or that another one led to, `aborted`, or why it cannot be
 * fetched.
 */
export async function readMetalinkAt(
  probe: Probe,
  origin: Pick<Origin, 'fetchRange'>,
  job: Job,
  signal: AbortSignal,
): Promise<readonly Job[]> {
  const context: MetalinkContext = {
    list: `The Metalink file ${displayUrl(probe.finalUrl)}`,
    by: `Metalink file of ${new URL(probe.finalUrl).host}`,
    base: probe.finalUrl,
    // No notices about ignored elements: the document is read in the middle of other work.
    onNotice: () => {},
  };
  if (job.isListed === true) {
    throw listError(
      context.list,
      undefined,
      'was named by another one, which may go on for ever',
      'Give its own address, if its files are meant.',
    );
  }
  const listed = await read(probe, origin, context, signal);
  return listed.map((one) => ({ ...one, ...inherited(job, one, listed.length === 1) }));
}

async function read(
  probe: Probe,
  origin: Pick<Origin, 'fetchRange'>,
  context: MetalinkContext,
  signal: AbortSignal,
): Promise<readonly Job[]> {
  if (probe.whole !== undefined) {
    const reader = new MetalinkReader(context);
    reader.write(probe.whole);
    return reader.end();
  }
  const { identity } = probe;
  if ((identity.sizeBytes ?? 0) > MAX_LIST_BYTES)
    throw listError(context.list, undefined, 'is too long: 64 MiB is the most', 'Tell those who publish it.');
  for (let attempt = 1; ; attempt++) {
    const reader = new MetalinkReader(context);
    const onChunk = (chunk: Buffer): undefined => reader.write(chunk) as undefined;
    const result = await origin.fetchRange(
      { start: 0, end: identity.sizeBytes },
      { identity, onChunk, signal },
    );
    if (result.outcome === 'complete') return reader.end();
    if (result.outcome === 'stopped' || signal.aborted) throw stopped();
    const pauseMs = result.retryAfterMs ?? 0;
    const mayPass = result.outcome === 'broken' || result.outcome === 'busy';
    if (!mayPass || attempt === ATTEMPTS || pauseMs > MAX_PAUSE_MS) {
      throw (
        result.error ??
        new DragonloadError('origin-failed', result.message ?? `${context.list} could not be fetched.`, {
          hint: { kind: 'try-later' },
        })
      );
    }
    await delay(pauseMs, undefined, { signal }).catch((thrown: unknown) => {
      throw stopped(thrown);
    });
  }
}

/** The settings that a download gets from the job that led to it. */
function inherited(job: Job, { url, mirrors = [], directory }: Job, isOnly: boolean): Partial<Job> {
  const isOwn = [url, ...mirrors].every((address) => sameHost(job.url, address));
  const inside = directory === undefined ? job.directory : posix.join(job.directory ?? '.', directory);
  return {
    ...(inside === undefined ? {} : { directory: inside }),
    ...(isOnly && job.output !== undefined ? { output: job.output } : {}),
    ...(job.priority === undefined ? {} : { priority: job.priority }),
    ...(job.limitRate === undefined ? {} : { limitRate: job.limitRate }),
    ...(job.request === undefined ? {} : { request: job.request }),
    ...(isOwn && job.trusted !== false ? {} : { trusted: false }),
    isListed: true,
  };
}

function stopped(cause?: unknown): DragonloadError {
  return new DragonloadError('aborted', 'Reading the Metalink file was stopped.', { cause });
}
