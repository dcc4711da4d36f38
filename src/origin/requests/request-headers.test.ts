import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type OriginFile, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';
import { Netrc } from './netrc.ts';
import { checkHeaders, type HeaderOptions, headersFor } from './request-headers.ts';
import { loadRequestSettings, settingsForOthers } from './request-settings.ts';

const FILE: OriginFile = { content: { seed: 'headers', sizeBytes: 1000 } };
const to = (redirectTo: string): OriginFile => ({ ...FILE, faults: { redirectTo } });
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const ALL: HeaderOptions = {
  headers: [
    ['Authorization', 'Bearer sesame'],
    ['Cookie', 'own=sesame'],
    ['X-Token', 'a'],
    ['x-token', 'b'],
  ],
  userAgent: 'agent',
  referer: 'https://alice:sesame@page.test/a?b#c',
};
const sent = (to: string, given: string, options: HeaderOptions) =>
  headersFor(new URL(to), new URL(given), options);

test('the host that the user named gets what the user gives, without secrets of the referer', async () => {
  assert.deepEqual(await sent('http://a.test/x', 'http://a.test/f', ALL), {
    accept: '*/*',
    'user-agent': 'agent',
    authorization: 'Bearer sesame',
    cookie: 'own=sesame',
    'x-token': ['a', 'b'],
    referer: 'https://page.test/a?b',
    'accept-encoding': 'identity',
  });
});

test('another host, port or scheme gets the user agent and no credentials', async () => {
  const options = { ...ALL, netrc: new Netrc([{ machine: undefined, login: 'alice', password: 'sesame' }]) };
  const given = 'https://alice:sesame@a.test/f';
  for (const other of [
    'https://b.test/f',
    'https://sub.a.test/f',
    'https://a.test:8443/f',
    'http://a.test/f',
    'https://a.test.evil.test/',
  ])
    assert.deepEqual(
      await sent(other, given, options),
      { accept: '*/*', 'user-agent': 'agent', 'accept-encoding': 'identity' },
      other,
    );
});

test('a host that moves from http to https stays the one that the user named, and no other way round', async () => {
  const moved = await sent('https://a.test/f', 'http://a.test/f', ALL);
  assert.equal(moved.authorization, 'Bearer sesame');
  for (const [to, given] of [
    ['http://a.test/f', 'https://a.test/f'],
    ['https://a.test/f', 'http://a.test:8080/f'],
  ] as const)
    assert.equal((await sent(to, given, ALL)).authorization, undefined);
});

test('user and password come from the URL, else from netrc, and a header of the user goes before both', async () => {
  const netrc = new Netrc([
    { machine: 'a.test', login: 'alice', password: 'one' },
    { machine: 'a.test', login: 'bob', password: 'two' },
  ]);
  const authorization = async (given: string, more: HeaderOptions = {}) =>
    (await sent('http://a.test/', given, { netrc, ...more })).authorization;
  assert.equal(await authorization('http://a.test/'), basic('alice:one'));
  assert.equal(await authorization('http://bob@a.test/'), basic('bob:two'));
  assert.equal(await authorization('http://carol@a.test/'), basic('carol:'));
  assert.equal(await authorization('http://bob:own@a.test/'), basic('bob:own'));
  assert.equal(await authorization('http://bob:own@a.test/', ALL), 'Bearer sesame');
});

test('headers that Dragonload sets itself, or that would break a request, are refused', () => {
  for (const [name, value] of [
    ['Range', 'bytes=0-1'],
    ['Accept-Encoding', 'gzip'],
    ['Transfer-Encoding', 'chunked'],
    ['Proxy-Authorization', 'Basic x'],
    ['x', 'a\nb'],
    ['x', 'a\0b'],
    ['x', '\u20ac'],
    ['x y', 'a'],
    ['', 'a'],
  ] as const)
    assert.throws(() => checkHeaders({ headers: [[name, value]] }), { code: 'usage' }, name);
  assert.throws(() => checkHeaders({ userAgent: 'a\r\nb: c' }), { code: 'usage' });
  assert.throws(() => checkHeaders({ referer: 'nonsense' }), { code: 'usage' });
});

test('over redirects to another host and back, secrets stay with the host that they are for', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dragonload-headers-'));
  try {
    const netrc = join(directory, 'netrc');
    const cookieFile = join(directory, 'cookies.txt');
    await writeFile(netrc, 'machine 127.0.0.1 login alice password sesame', { mode: 0o600 });
    await writeFile(cookieFile, '127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tsesame\n');
    await using other = await startOrigin({ host: '127.0.0.2', files: {} });
    await using server = await startOrigin({ files: { '/f': to(other.url('/away')), '/end': FILE } });
    other.set('/away', to(server.url('/end')));
    const settings = await loadRequestSettings({ netrc, cookieFile, referer: 'http://page.test/' }, {});
    await using origin = new Origin(server.url('/f'), { allowPrivate: true, settings });
    await origin.probe();
    for (const { path, headers } of server.requests) {
      const { authorization, cookie, referer } = headers;
      assert.deepEqual(
        [authorization, cookie, referer],
        [basic('alice:sesame'), 'session=sesame', 'http://page.test/'],
        path,
      );
    }
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ['/f', '/end'],
    );
    const [away] = other.requests;
    assert.deepEqual(
      [away?.headers.authorization, away?.headers.cookie, away?.headers.referer],
      Array(3).fill(undefined),
    );
    server.requests.length = 0;
    await using theirs = new Origin(server.url('/end'), {
      allowPrivate: true,
      settings: settingsForOthers(settings),
    });
    await theirs.probe();
    const [stranger] = server.requests;
    assert.deepEqual(
      [stranger?.headers.authorization, stranger?.headers.cookie, stranger?.headers.referer],
      Array(3).fill(undefined),
      'nothing of the user is sent for a URL that somebody else named',
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a cookie that a redirect sets is there at the next hop', async () => {
  const headers = { 'set-cookie': 'seen=1; Path=/' };
  await using server = await startOrigin({ files: { '/f': { ...to('/end'), headers }, '/end': FILE } });
  const settings = await loadRequestSettings({}, {});
  await using origin = new Origin(server.url('/f'), { allowPrivate: true, settings });
  await origin.probe();
  assert.deepEqual(
    server.requests.map(({ headers }) => headers.cookie),
    [undefined, 'seen=1'],
  );
});
