import assert from 'node:assert/strict';
import { Origin, type OriginOptions } from '../../origin/origin.ts';
import {
  contentSlice,
  type OriginFaults,
  type OriginFile,
  startOrigin,
} from '../origin-server/origin-server.ts';
import { type ANY_FILE, collect } from './collect.ts';

export const SIZE = 3_000_000;
export const CONTENT = { seed: 'origin', sizeBytes: SIZE };
export const IDENTITY = { sizeBytes: SIZE, etag: '"v1"', lastModified: 'Tue, 02 Jan 2024 03:04:05 GMT' };
export const slice = (start: number, end: number) => contentSlice('origin', start, end);

/** Fetches one range of a file with faults, without a probe before it. */
export async function fetched(
  file: Partial<OriginFile>,
  start: number,
  end: number | undefined,
  more: { options?: Partial<OriginOptions>; identity?: typeof ANY_FILE } = {},
) {
  await using server = await startOrigin({ files: { '/f': { content: CONTENT, ...file } } });
  await using origin = new Origin(server.url(), { allowPrivate: true, ...more.options });
  const result = await collect(origin, { start, end }, { identity: more.identity ?? IDENTITY });
  assert.equal(result.receivedBytes, result.bytes.length);
  assert.ok(
    result.bytes.equals(slice(start, start + result.bytes.length)),
    'the bytes are those of the file',
  );
  return result;
}

/** The same for a file with these faults and no more. */
export const faulty = (
  faults: OriginFaults,
  start: number,
  end: number | undefined,
  options?: Partial<OriginOptions>,
) => fetched({ faults }, start, end, options === undefined ? {} : { options });
