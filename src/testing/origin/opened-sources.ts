import assert from 'node:assert/strict';
import { Origin } from '../../origin/origin.ts';
import { Sources, type SourcesOptions } from '../../origin/sources/sources.ts';
import { contentSlice, type OriginFaults, type OriginFile } from '../origin-server/origin-server.ts';
import { collect } from './collect.ts';

/** The size of the file that all its sources have, in bytes. */
export const SIZE = 3_000_000;
/** What the file is made of. */
export const CONTENT = { seed: 'sources', sizeBytes: SIZE };
/** Bytes of that file. */
export const slice = (start: number, end: number) => contentSlice('sources', start, end);
/** That file as an origin serves it. */
export const file = (faults: OriginFaults = {}, more: Partial<OriginFile> = {}): OriginFile => ({
  content: CONTENT,
  faults,
  ...more,
});
/** An origin that tries again at once. */
export const open = (url: string) => new Origin(url, { allowPrivate: true, retryDelayMs: 1 });

/** Sources whose first one has been looked at, and what they told of others. */
export async function opened(url: string, more: Partial<SourcesOptions> = {}) {
  const first = open(url);
  const { identity, digests } = await first.probe();
  const notices: string[] = [];
  const onNotice = (message: string) => notices.push(message);
  const sources = new Sources({ first, identity, digests, open, onNotice, ...more });
  const fetched = async (start: number, end: number) => {
    const result = await collect(sources, { start, end }, { identity });
    assert.equal(result.bytes.length, result.receivedBytes);
    assert.ok(
      result.bytes.equals(slice(start, start + result.bytes.length)),
      'the bytes are those of the file',
    );
    return result;
  };
  return { sources, fetched, notices, [Symbol.asyncDispose]: () => sources[Symbol.asyncDispose]() };
}
