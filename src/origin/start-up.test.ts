import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startOrigin } from '../testing/origin-server/origin-server.ts';

test('fetching over HTTP loads neither undici nor TLS', async () => {
  await using server = await startOrigin({ files: { '/f': { content: Buffer.from('0123456789') } } });
  const script = `
    const { Origin } = await import(${JSON.stringify(new URL('origin.ts', import.meta.url).href)});
    const origin = new Origin(${JSON.stringify(server.url())}, { allowPrivate: true });
    const { identity } = await origin.probe();
    let text = '';
    await origin.fetchRange({ start: 2, end: 5 }, { identity, onChunk: (chunk) => { text += chunk; } });
    await origin[Symbol.asyncDispose]();
    console.log(JSON.stringify({ text, loaded: process.moduleLoadList }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const { text, loaded } = JSON.parse(stdout) as { text: string; loaded: string[] };
  assert.equal(text, '234');
  assert.deepEqual(
    loaded.filter((name) => /undici|\btls\b/.test(name)),
    [],
  );
});
