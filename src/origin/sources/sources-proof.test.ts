import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../testing/origin/collect.ts';
import { file, open, opened, SIZE } from '../../testing/origin/opened-sources.ts';
import { startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';
import { Sources } from './sources.ts';

test('an address with another file of the same size is dropped before a byte of it is used', async () => {
  const other = { content: { seed: 'another', sizeBytes: SIZE } };
  await using server = await startOrigin({
    files: { '/f': file({ resetAfterBytes: 900_000, after: 1 }), '/other': other },
  });
  await using all = await opened(server.url());
  all.sources.add([`${server.url('/other')}?token=secret`], { trusted: true });
  const { outcome, bytes } = await all.fetched(0, SIZE);
  // A reset may take with it what was on the way.
  assert.deepEqual([outcome, bytes.length <= 900_000], ['broken', true]);
  assert.deepEqual(all.notices, [`${server.url('/other')} is not used any more. It has another file.`]);
  assert.deepEqual(all.sources.urls, [server.url()]);
  // Nobody is asked twice about it, whoever names it.
  for (const trusted of [true, false]) {
    all.sources.add([`${server.url('/other')}?token=secret`], { trusted });
    assert.equal(all.sources.urls.length, 1);
  }
});

test('an address with a file of another size is dropped after one look', async () => {
  const shorter = { content: { seed: 'sources', sizeBytes: SIZE - 1 } };
  await using server = await startOrigin({
    files: { '/f': file({ status: 500, after: 1 }), '/other': shorter },
  });
  await using all = await opened(server.url());
  all.sources.add([server.url('/other')], { trusted: true });
  assert.equal((await all.fetched(10, 20)).outcome, 'broken');
  assert.match(all.notices.join(), /another file/);
  assert.equal(server.requests.filter(({ path }) => path === '/other').length, 1);
});

test('a fresh link heals an expired one: bytes that came before are what it is compared with', async () => {
  await using old = await startOrigin({ files: { '/f': file() } });
  await using fresh = await startOrigin({
    host: '127.0.0.2',
    files: { '/new': file({ etag: '"x"', lastModified: null }) },
  });
  await using all = await opened(old.url());
  assert.equal((await all.fetched(0, 1_000_000)).outcome, 'complete');
  old.set('/f', file({ status: 403 }));
  const expired = await all.fetched(1_000_000, SIZE);
  assert.deepEqual([expired.outcome, expired.error?.code], ['expired', 'link-expired']);
  all.sources.add([fresh.url('/new')], { trusted: true });
  const healed = await all.fetched(1_000_000, SIZE);
  assert.deepEqual([healed.outcome, healed.bytes.length], ['complete', 2_000_000]);
});

test('a fresh link to another file heals nothing', async () => {
  const other = { content: { seed: 'another', sizeBytes: SIZE } };
  await using server = await startOrigin({ files: { '/f': file(), '/other': other } });
  await using all = await opened(server.url());
  await all.fetched(0, 1_000_000);
  server.set('/f', file({ status: 410 }));
  all.sources.add([server.url('/other').replace('127.0.0.1', 'localhost')], { trusted: true });
  const { outcome, receivedBytes } = await all.fetched(1_000_000, SIZE);
  assert.deepEqual([outcome, receivedBytes], ['expired', 0]);
});

test('when nothing shows that a fresh link has the same file, its time has to agree and the user has to vouch for it', async () => {
  await using server = await startOrigin({
    files: { '/f': file(), '/late': file({ etag: null, lastModified: null }), '/new': file({ etag: null }) },
  });
  const { identity } = await open(server.url()).probe();
  server.set('/f', file({ status: 403 }));
  const cases: [string, boolean, string][] = [
    ['/new', true, 'complete'],
    ['/new', false, 'refused'],
    ['/late', true, 'refused'],
  ];
  for (const [path, trusted, outcome] of cases) {
    await using sources = new Sources({ first: open(server.url()), identity, open });
    sources.add([server.url(path)], { trusted });
    assert.equal((await collect(sources, { start: 5, end: 1000 }, { identity })).outcome, outcome, path);
  }
});

test('an address that fails while it is compared is not used on the word of its user, though its time agrees', async () => {
  const other = { content: { seed: 'another', sizeBytes: SIZE }, faults: { status: 500, after: 1 } };
  await using server = await startOrigin({ files: { '/f': file(), '/other': other } });
  await using all = await opened(server.url());
  await all.fetched(0, 1_000_000);
  server.set('/f', file({ status: 403 }));
  all.sources.add([server.url('/other')], { trusted: true });
  const { outcome, receivedBytes } = await all.fetched(1_000_000, SIZE);
  assert.deepEqual([outcome, receivedBytes], ['broken', 0], 'it may be tried again');
});

test('without ranges, the first block of a file is what is compared', async () => {
  for (const seed of ['sources', 'another']) {
    const mirror = { content: { seed, sizeBytes: SIZE }, ranges: false };
    const first = file({ resetAfterBytes: 500_000, after: 1, times: 1 }, { ranges: false });
    await using server = await startOrigin({ files: { '/f': first, '/mirror': mirror } });
    await using all = await opened(server.url());
    all.sources.add([server.url('/mirror')], { trusted: true });
    await all.fetched(0, SIZE);
    assert.equal(all.notices.length, seed === 'sources' ? 0 : 1, seed);
    const { outcome, bytes } = await all.fetched(0, SIZE);
    assert.deepEqual([outcome, bytes.length], ['complete', SIZE]);
  }
});

test('an equal ETag of one place is proof enough, for a link that is signed anew', async () => {
  const faults = { status: 403, after: 1, only: { without: 'x-fresh' } };
  for (const trusted of [true, false]) {
    await using server = await startOrigin({ files: { '/f': file(faults, { lastModified: null }) } });
    const anew = (url: string) => new Origin(url, { allowPrivate: true, headers: [['x-fresh', '1']] });
    await using all = await opened(`${server.url()}?old`, { open: anew });
    all.sources.add([`${server.url()}?new`], { trusted });
    assert.equal((await all.fetched(10, 20)).outcome, 'complete');
    // A look and what was wanted.
    assert.equal(server.requests.filter(({ headers }) => headers['x-fresh'] !== undefined).length, 2);
  }
});

test('an equal digest is proof enough; the word of a stranger is none', async () => {
  const headers = { 'repr-digest': `sha-256=:${Buffer.alloc(32, 7).toString('base64')}:` };
  const lie = { content: { seed: 'lie', sizeBytes: SIZE }, headers };
  for (const trusted of [true, false]) {
    await using server = await startOrigin({ files: { '/f': file({}, { headers }), '/lie': lie } });
    await using all = await opened(server.url());
    await all.fetched(0, 1_000_000);
    server.set('/f', file({ status: 403 }));
    all.sources.add([server.url('/lie')], { trusted });
    if (trusted) {
      const identity = { sizeBytes: SIZE, etag: undefined, lastModified: undefined };
      assert.equal((await collect(all.sources, { start: 10, end: 20 }, { identity })).outcome, 'complete');
    } else {
      assert.equal((await all.fetched(10, 20)).outcome, 'expired');
      assert.match(all.notices.join(), /another file/);
    }
  }
});
