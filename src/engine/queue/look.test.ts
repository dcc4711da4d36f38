import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Origin } from '../../origin/origin.ts';
import { startOrigin } from '../../testing/origin-server/origin-server.ts';
import { findOrigin } from '../download/find-file.ts';

test('a fresh link to a file of another size is not what was begun', async () => {
  const right = { content: { seed: 'a', sizeBytes: 5_000 } };
  const other = { content: { seed: 'b', sizeBytes: 4_000 } };
  await using server = await startOrigin({ files: { '/right': right, '/other': other } });
  const open = async (url: string) => new Origin(url, { allowPrivate: true });
  const options = { take: false, signal: new AbortController().signal, begunBytes: 5_000 };
  const gone = server.url('/gone');
  const job = (mirror: string) => ({ url: gone, mirrors: [server.url(mirror)] });

  await assert.rejects(findOrigin(job('/other'), open, options), { code: 'origin-missing' });
  const found = await findOrigin(job('/right'), open, options);
  assert.equal(found.probe.identity.sizeBytes, 5_000);
  await found.origin[Symbol.asyncDispose]();
});
