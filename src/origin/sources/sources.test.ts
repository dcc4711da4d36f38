import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../testing/origin/collect.ts';
import { file, open, opened, SIZE } from '../../testing/origin/opened-sources.ts';
import { contentSlice, type OriginFile, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Sources } from './sources.ts';

test('alone, a source is asked for what is wanted and nothing else', async () => {
  await using server = await startOrigin({ files: { '/f': file() } });
  await using all = await opened(server.url());
  const { outcome } = await all.fetched(1000, 2_000_000);
  assert.deepEqual([outcome, server.requests.length, server.servedBytes()], ['complete', 2, 1_999_001]);
});

test('where one source breaks off, another goes on, once it has shown equal bytes', async () => {
  await using server = await startOrigin({
    files: { '/f': file({ resetAfterBytes: 500_000, after: 1 }), '/mirror': file({ etag: '"other"' }) },
  });
  await using all = await opened(server.url());
  all.sources.add([server.url('/mirror')], { trusted: true });
  const { outcome, bytes } = await all.fetched(0, SIZE);
  assert.deepEqual([outcome, bytes.length, all.notices], ['complete', SIZE, []]);
  const ranges = server.requests.filter(({ path }) => path === '/mirror').map(({ headers }) => headers.range);
  assert.ok(ranges.length > 2 && ranges.at(-1)!.endsWith(`-${SIZE - 1}`), ranges.join());
});

test('what others name waits until an address of the user has failed again and again, and makes way when that is back', async () => {
  await using server = await startOrigin({ files: { '/f': file(), '/theirs': file() } });
  await using all = await opened(server.url());
  await all.fetched(0, 1_000_000);
  all.sources.add([server.url('/theirs')], { trusted: false });
  server.set('/f', file({ status: 500 }));
  const theirs = () => server.servedBytes('/theirs') > 0;
  const outcomes: string[] = [];
  while (!theirs()) outcomes.push((await all.fetched(1_000_000, 2_000_000)).outcome);
  assert.deepEqual(outcomes, ['broken', 'broken', 'complete']);
  // What a network does not lead to proves nothing when there is another one.
  all.sources.networkChanged();
  server.set('/f', file());
  const before = server.servedBytes('/theirs');
  assert.equal((await all.fetched(2_000_000, SIZE)).outcome, 'complete');
  assert.equal(server.servedBytes('/theirs'), before);
});

test('transfers that break together are one failure', async () => {
  await using server = await startOrigin({ files: { '/f': file(), '/theirs': file() } });
  await using all = await opened(server.url());
  await all.fetched(0, 1_000_000);
  all.sources.add([server.url('/theirs')], { trusted: false });
  server.set('/f', file({ status: 500 }));
  await Promise.all([0, 1, 2, 3].map((i) => all.fetched(1_000_000 + i, 2_000_000)));
  assert.equal((await all.fetched(1_000_000, 2_000_000)).outcome, 'broken');
  assert.equal(server.servedBytes('/theirs'), 0);
});

test('what came from an address for which only samples speak is known, and so is how much of it was compared', async () => {
  const headers = { 'repr-digest': `sha-256=:${Buffer.alloc(32, 7).toString('base64')}:` };
  const cases: [string, OriginFile][] = [
    ['sampled', file({}, { etag: '"other"' })],
    ['dated', file({}, { etag: null })],
    ['stated', file({}, { etag: '"other"', headers })],
  ];
  for (const [kind, mirror] of cases) {
    await using server = await startOrigin({ files: { '/f': file({}, { headers }), '/mirror': mirror } });
    await using all = await opened(server.url());
    if (kind !== 'dated') await all.fetched(0, 1_000_000);
    all.sources.add([server.url('/mirror')], { trusted: true });
    assert.equal(all.sources.mirrored, undefined);
    server.set('/f', file({ status: 403 }));
    assert.equal((await all.fetched(1_000_000, SIZE)).outcome, 'complete', kind);
    const comparedBytes = kind === 'dated' ? 0 : 64 * 1024;
    const wanted = kind === 'stated' ? undefined : { bytes: SIZE - 1_000_000, comparedBytes };
    assert.deepEqual(all.sources.mirrored, wanted, kind);
  }
});

test('when the whole is wrong, others are given up and named, and what they brought comes from the first', async () => {
  await using server = await startOrigin({ files: { '/f': file(), '/mirror': file(), '/idle': file() } });
  await using all = await opened(server.url());
  await all.fetched(0, 1_000_000);
  server.set('/f', file({ resetAfterBytes: 500_000 }));
  all.sources.add([server.url('/mirror'), server.url('/idle')], { trusted: true });
  await all.fetched(1_000_000, SIZE);
  assert.ok(all.sources.isFirstLeft);
  const [brought, ...more] = all.sources.doubtOthers();
  assert.ok(brought!.start > 1_000_000 && brought!.end === SIZE && more.length === 0);
  all.sources.doubt(brought!);
  assert.deepEqual([all.sources.urls, all.sources.mirrored], [[server.url()], undefined]);
  assert.equal(all.notices.length, 1);
  assert.ok(all.notices[0]!.startsWith(`${server.url('/mirror')} is not used any more.`), all.notices[0]);
  server.set('/f', file());
  server.requests.length = 0;
  assert.equal((await all.fetched(brought!.start, SIZE)).outcome, 'complete');
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/f'],
  );
  assert.deepEqual(all.sources.doubtOthers(), []);
});

test('a source that is lost is named, and the others serve on', async () => {
  await using server = await startOrigin({ files: { '/f': file(), '/mirror': file() } });
  await using all = await opened(server.url());
  all.sources.add([server.url('/mirror')], { trusted: true });
  server.set('/f', file({ status: 404 }));
  assert.equal((await all.fetched(5, 500_000)).outcome, 'complete');
  server.requests.length = 0;
  assert.equal((await all.fetched(500_000, SIZE)).outcome, 'complete');
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/mirror'],
  );
  assert.equal(all.notices.length, 1);
  assert.match(all.notices[0]!, /\/f is not used any more.*expired/);
});

test('several transfers at once wait for one look', async () => {
  await using server = await startOrigin({ files: { '/f': file(), '/mirror': file({ etag: '"x"' }) } });
  await using all = await opened(server.url());
  await all.fetched(0, 1_000_000);
  all.sources.add([server.url('/mirror')], { trusted: false });
  server.set('/f', file({ status: 403 }));
  const parts = await Promise.all([1, 2].map((i) => all.fetched(i * 1_000_000, (i + 1) * 1_000_000)));
  assert.deepEqual(
    parts.map(({ outcome }) => outcome),
    ['complete', 'complete'],
  );
  const looks = server.requests.filter(
    ({ path, headers }) => path === '/mirror' && headers.range === 'bytes=0-0',
  );
  assert.equal(looks.length, 1);
});

test('a large file comes from several sources of the user beside each other', async () => {
  const large = { seed: 'large', sizeBytes: 40_000_000 };
  const files = { '/f': { content: large }, '/mirror': { content: large } };
  await using server = await startOrigin({ files, ratePerConnection: 20_000_000 });
  const first = open(server.url());
  const { identity } = await first.probe();
  await using sources = new Sources({ first, identity, open });
  sources.add([server.url('/mirror')], { trusted: true });
  const bytes = Buffer.alloc(large.sizeBytes);
  for (let round = 0; round < 4; round++) {
    const parts = [0, 1, 2, 3].map(async (i) => {
      const start = (round * 4 + i) * 2_500_000;
      const result = await collect(sources, { start, end: start + 2_500_000 }, { identity });
      assert.equal(result.outcome, 'complete');
      result.bytes.copy(bytes, start);
    });
    await Promise.all(parts);
  }
  assert.ok(bytes.equals(contentSlice('large', 0, large.sizeBytes)));
  for (const path of ['/f', '/mirror'])
    assert.ok(server.servedBytes(path) > 5_000_000, `${path} ${server.servedBytes(path)}`);
});

test('a transfer that is called off while somebody looks is stopped, and disposing stops everything', async () => {
  await using server = await startOrigin({ files: { '/f': file(), '/mirror': file({ silent: true }) } });
  const all = await opened(server.url());
  server.set('/f', file({ status: 403 }));
  all.sources.add([server.url('/mirror')], { trusted: true });
  const stop = new AbortController();
  const identity = { sizeBytes: SIZE, etag: undefined, lastModified: undefined };
  const first = collect(all.sources, { start: 1, end: 9 }, { identity, signal: stop.signal });
  const second = collect(all.sources, { start: 1, end: 9 }, { identity });
  while (!server.requests.some(({ path }) => path === '/mirror')) await new Promise(setImmediate);
  stop.abort();
  assert.equal((await first).outcome, 'stopped');
  await all.sources[Symbol.asyncDispose]();
  assert.equal((await second).outcome, 'stopped');
});

test('what is no URL, is there already, or is one too many is left out; the user goes before others', async () => {
  await using all = new Sources({
    first: open('http://a.test/f'),
    identity: { sizeBytes: 1, etag: undefined, lastModified: undefined },
    open,
  });
  const many = Array.from({ length: 40 }, (_, i) => `http://${i}.test/f`);
  all.add(['nonsense', 'ftp://a.test/f', 'http://a.test/f#part', ...many.slice(0, 20)], { trusted: false });
  all.add(many.slice(20), { trusted: false });
  assert.deepEqual(all.urls, ['http://a.test/f', ...many.slice(0, 31)]);
  all.add(['http://mine.test/f'], { trusted: true });
  assert.equal(all.urls.length, 32);
  assert.equal(all.urls.at(-1), 'http://mine.test/f');
});
