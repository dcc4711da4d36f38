import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RateLimiter } from '../../origin/limits/rate-limit.ts';
import type { RequestOptions } from '../../origin/requests/request-options.ts';
import { startOrigin } from '../../testing/origin-server/origin-server.ts';
import { type OriginOpenOptions, Origins } from './origins.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dragonload-origins-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function originsFor(t: TestContext, request: RequestOptions) {
  const notices: string[] = [];
  const onNotice = (message: string) => notices.push(message);
  const origins = new Origins({
    request,
    allowPrivate: true,
    meter: new RateLimiter(undefined),
    onNotice,
  });
  t.after(() => origins[Symbol.dispose]());
  const look = async (url: string, wishes: OriginOpenOptions) => {
    await using origin = await origins.open(url, wishes);
    await origin.probe();
  };
  return { look, notices };
}

const OWN = { trusted: true } as const;
const FILE = { content: Buffer.from('0123456789') };

test('files that the options name are read once for all kinds of addresses, so that a pipe will do', async (t) => {
  const pipe = join(await folderFor(t), 'cookies');
  execFileSync('mkfifo', [pipe]);
  await using server = await startOrigin({ files: { '/f': FILE } });
  await using mirror = await startOrigin({ host: '127.0.0.2', files: { '/f': FILE } });
  const { look } = originsFor(t, { cookieFile: pipe });
  const writing = writeFile(
    pipe,
    ['127.0.0.1', '127.0.0.2'].map((host) => `${host}\tFALSE\t/\tFALSE\t0\tname\tof-${host}\n`).join(''),
  );
  await look(server.url('/f'), OWN);
  await writing;
  // Nobody writes any more: whoever opens it again waits for ever, or finds nothing.
  await rm(pipe);
  await look(mirror.url('/f'), { ...OWN, of: server.url('/f') });
  await look(server.url('/f'), { ...OWN, request: { referer: 'http://a.test/' } });
  await look(server.url('/f'), { trusted: false });
  assert.deepEqual(
    [...server.requests, ...mirror.requests].map(({ headers }) => headers.cookie),
    ['name=of-127.0.0.1', 'name=of-127.0.0.1', undefined, 'name=of-127.0.0.2'],
  );
});

test('a file that could not be read may be there the next time', async (t) => {
  const path = join(await folderFor(t), 'cookies');
  await using server = await startOrigin({ files: { '/f': FILE } });
  const { look } = originsFor(t, { cookieFile: path });
  await assert.rejects(look(server.url('/f'), OWN), { code: 'usage' });
  await writeFile(path, '127.0.0.1\tFALSE\t/\tFALSE\t0\tname\tvalue\n');
  await look(server.url('/f'), OWN);
  assert.equal(server.requests[0]!.headers.cookie, 'name=value');
});

test('downloads with headers of their own share connections, and each says its own', async (t) => {
  await using server = await startOrigin({ files: { '/f': FILE } });
  const { look } = originsFor(t, {
    headers: [['x-all', '1']],
    userAgent: 'all',
    referer: 'http://all.test/',
  });
  const wishes: readonly OriginOpenOptions['request'][] = [
    undefined,
    { headers: [['x-own', '1']] },
    { userAgent: 'own' },
    { referer: 'http://own.test/' },
  ];
  for (const request of wishes) await look(server.url('/f'), { ...OWN, request });
  assert.deepEqual(
    server.requests.map(({ headers }) => [
      headers['x-all'],
      headers['x-own'],
      headers['user-agent'],
      headers.referer,
    ]),
    [
      ['1', undefined, 'all', 'http://all.test/'],
      [undefined, '1', 'all', 'http://all.test/'],
      ['1', undefined, 'own', 'http://all.test/'],
      ['1', undefined, 'all', 'http://own.test/'],
    ],
  );
  assert.equal(server.connections.count, 1);
});

test('what is said to one host is said to no mirror elsewhere, and nothing to what others name', async (t) => {
  await using server = await startOrigin({ files: { '/f': FILE } });
  await using mirror = await startOrigin({ host: '127.0.0.2', files: { '/f': FILE } });
  const { look } = originsFor(t, { headers: [['x-all', '1']] });
  const request = { headers: [['x-own', '1']], userAgent: 'own', referer: 'http://own.test/' } as const;
  await look(mirror.url('/f'), { ...OWN, of: server.url('/f'), request });
  await look(server.url('/f'), { trusted: false, request });
  assert.deepEqual(
    [...mirror.requests, ...server.requests].map(({ headers }) => [
      headers['x-all'] ?? headers['x-own'] ?? headers.referer,
      headers['user-agent'],
    ]),
    [
      [undefined, 'own'],
      [undefined, 'dragonload'],
    ],
  );
  await assert.rejects(look(server.url('/f'), { ...OWN, request: { headers: [['host', 'x']] } }), {
    code: 'usage',
  });
});

test('what there is to say of a file is said once', async (t) => {
  const path = join(await folderFor(t), 'netrc');
  await writeFile(path, 'machine a.test login ada password secret\n', { mode: 0o644 });
  await using server = await startOrigin({ files: { '/f': FILE } });
  const { look, notices } = originsFor(t, { netrc: path });
  for (const referer of ['http://a.test/', 'http://b.test/'])
    await look(server.url('/f'), { ...OWN, request: { referer } });
  assert.equal(notices.length, 1);
  assert.ok(notices[0]!.includes(path), notices[0]);
});
