import { DragonloadError } from '../../core/errors.ts';
import { compareFiles } from '../../core/file-identity.ts';
import type { Job } from '../../lists/job.ts';
import { fileNameOf } from '../../origin/heads/file-name.ts';
import type { Origin } from '../../origin/origin.ts';
import type { Probe } from '../../origin/probe.ts';
import { displayUrl } from '../../url/web-url.ts';

/** An origin that has the file, and what it says of it. */
export interface FoundOrigin {
  readonly origin: Origin;
  readonly probe: Probe;
  /** The one of the job's addresses at which it was found. */
  readonly url: string;
  /** Where else there may be the same: the job's other addresses, and those that the origin has named. */
  readonly others: readonly string[];
}

/**
 * The first of a job's addresses at which there is a file: its own, then its mirrors, the best first. Throws why there is
 * none at its own address when no other has one either. `take`: a small file comes along at once.
 */
export async function findOrigin(
  job: Job,
  open: (url: string) => Promise<Origin>,
  options: {
    readonly take: boolean;
    readonly signal: AbortSignal;
    /** The size of what an earlier run has begun: another address with another size has another file. */
    readonly begunBytes?: number | undefined;
  },
): Promise<FoundOrigin> {
  let first: unknown;
  const known = [job.url, ...(job.mirrors ?? [])];
  for (const url of known) {
    let origin: Origin | undefined;
    try {
      origin = await open(url);
      const { take, signal, begunBytes } = options;
      const probed = await origin.probe({ take, signal, keepWhole: true });
      checkFound(job.sizeBytes ?? (url === job.url ? undefined : begunBytes), url, probed);
      const probe = url === job.url ? probed : { ...probed, fileName: nameBy(job.url, url, probed) };
      const others = [...new Set([...known, ...(probe.mirrors ?? [])])].filter((other) => other !== url);
      return { origin, probe, url, others };
    } catch (thrown) {
      await origin?.[Symbol.asyncDispose]();
      first ??= thrown;
      if (options.signal.aborted) break;
    }
  }
  throw first;
}

/** The name of a file that was found at a mirror: what that calls it in so many words, else what its own address says. */
function nameBy(own: string, url: string, { fileName, finalUrl }: Probe): string {
  const [given, final] = [URL.parse(own), new URL(finalUrl)];
  const isOfUrl = fileName === fileNameOf(undefined, new URL(url), final);
  return isOfUrl && given !== null ? fileNameOf(undefined, given, final) : fileName;
}

/** Throws `link-expired` when there is a web page in the place of a file. */
export function refusePage(url: string, probe: Probe): void {
  if (probe.isPage !== true) return;
  throw new DragonloadError('link-expired', `There is a web page at ${displayUrl(url)}, and not the file.`, {
    facts: { url: displayUrl(url) },
    hint: { kind: 'sign-in' },
  });
}

/** Throws when what is there cannot be the file that the job means, which has `wantedBytes` if that is known. */
function checkFound(wantedBytes: number | undefined, url: string, probe: Probe): void {
  refusePage(url, probe);
  const { sizeBytes } = probe.identity;
  const { verdict } = compareFiles('otherAddress', { sizeBytes: wantedBytes }, { sizeBytes });
  if (verdict !== 'different') return;
  throw new DragonloadError(
    'origin-changed',
    `The file at ${displayUrl(url)} has ${sizeBytes} bytes, and should have ${wantedBytes}.`,
    { facts: { url: displayUrl(url) }, hint: { kind: 'check-list' } },
  );
}
