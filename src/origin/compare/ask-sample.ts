import { parseContentRange } from '../heads/content-range.ts';
import type { Asked, Judgement } from '../heads/judge.ts';
import { identityOf } from '../heads/validators.ts';
import type { Meter } from '../limits/meter.ts';
import { receive } from '../transfer/receive.ts';
import type { Route } from '../transfer/route.ts';
import { type Answer, discard } from '../transfer/send.ts';
import type { SampleAnswer } from './other-etags.ts';

/** Most bytes that are read of an answer with the whole file to reach a sample. */
const MAX_SKIPPED_BYTES = 2 * 1024 * 1024;

export interface SampleOptions {
  readonly route: Route;
  readonly judge: (answer: Answer, asked: Asked) => Judgement;
  readonly limiter: Meter | undefined;
  readonly stallTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Bytes `start` to `end - 1` of a file under whatever ETag they come; of an answer with the whole file, if they lie
 * near its beginning. Undefined when they did not arrive. Never rejects.
 */
export async function askSample(
  { start, end }: { readonly start: number; readonly end: number },
  { route, judge, ...options }: SampleOptions,
): Promise<SampleAnswer | undefined> {
  const { signal } = options;
  try {
    const answer = await route.open({ headers: { range: `bytes=${start}-${end - 1}` }, signal });
    const { status, response } = answer;
    const isPart = status === 206;
    const total = isPart ? parseContentRange(response.headers['content-range'])?.totalBytes : undefined;
    const identity = identityOf(response.headers, total);
    const judgement = judge(answer, { ranged: isPart, start: isPart ? start : 0, identity });
    if (judgement.kind !== 'body' || (!isPart && start > MAX_SKIPPED_BYTES)) {
      void discard(answer);
      return undefined;
    }
    const chunks: Buffer[] = [];
    const onChunk = (chunk: Buffer) => void chunks.push(Buffer.from(chunk));
    const { how } = await receive(answer, { ...judgement, range: { start, end }, onChunk, ...options });
    return how === 'end' ? { etag: identity.etag, bytes: Buffer.concat(chunks) } : undefined;
  } catch {
    return undefined;
  }
}
