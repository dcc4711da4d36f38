import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { DragonloadError } from '../../core/errors.ts';
import { get } from '../../testing/origin/get.ts';
import { startProxy } from '../../testing/origin/proxy-server.ts';
import { startRaw } from '../../testing/origin/raw-server.ts';
import { startSocks } from '../../testing/origin/socks-server.ts';
import { serverCertificate } from '../../testing/origin-server/certificate.ts';
import { contentSlice, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { loadRequestSettings } from '../requests/request-settings.ts';
import { failureOf } from '../transfer/failures.ts';
import { Connections } from './connections.ts';

const CONTENT = { seed: 'proxied', sizeBytes: 2_000_000 };
const FILES = { '/f': { content: CONTENT } };
const RIGHT = contentSlice('proxied', 0, CONTENT.sizeBytes);
const TLS = serverCertificate({ type: 'dns', value: 'origin.test' });
const HERE = serverCertificate({ type: 'ip', value: '127.0.0.1' });
/** All names lead here. */
const here: LookupFunction = (_name, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);
const codeOf = (code: string, message: RegExp, next?: RegExp) => (thrown: unknown) => {
  const { error } = failureOf(thrown, new URL('http://origin.test/'));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  if (next !== undefined) assert.match(error.next ?? '', next);
  assert.doesNotMatch(`${error.message} ${error.next}`, /sesame|c2VzYW1l/);
  return true;
};

test('http goes through an HTTP proxy in the absolute form, over kept connections, and keeps its secrets apart', async () => {
  await using origin = await startOrigin({ files: FILES });
  const hosts = { 'origin.test': `127.0.0.1:${origin.port}` };
  await using proxy = await startProxy({ credentials: 'al%40ice:sesame', hosts });
  const settings = await loadRequestSettings({ proxy: proxy.url }, {});
  using connections = new Connections({ allowPrivate: true, settings });
  for (let i = 0; i < 2; i += 1) {
    const { status, body } = await get('http://u:p@origin.test/f?q=1', { settings, connections });
    assert.deepEqual([status, body.equals(RIGHT)], [200, true]);
  }
  assert.deepEqual(
    proxy.requests.map((one) => one.asked),
    Array(2).fill('GET http://origin.test/f?q=1'),
  );
  assert.equal(new Set(proxy.requests.map((one) => one.clientPort)).size, 1);
  for (const { headers } of origin.requests) {
    assert.equal(headers.host, 'origin.test');
    assert.equal(headers['proxy-authorization'], undefined);
    assert.equal(headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  }
});

test('https goes through an HTTP proxy in a tunnel: the proxy sees the name of the host and nothing else', async () => {
  await using origin = await startOrigin({ files: FILES, tls: TLS });
  const hosts = { 'origin.test': `127.0.0.1:${origin.port}` };
  for (const tls of [undefined, HERE]) {
    await using proxy = await startProxy({ credentials: 'alice:sesame', hosts, ...(tls ? { tls } : {}) });
    const settings = await loadRequestSettings({ proxy: proxy.url }, {});
    const ca = `${TLS.cert}\n${HERE.cert}`;
    using connections = new Connections({ allowPrivate: true, settings, ca });
    for (let i = 0; i < 2; i += 1) {
      const { body } = await get('https://u:p@origin.test/f', { settings, connections });
      assert.ok(body.equals(RIGHT));
    }
    const [asked, ...more] = proxy.requests;
    assert.deepEqual([asked?.asked, more], ['CONNECT origin.test:443', []]);
    assert.deepEqual(Object.keys(asked?.headers ?? {}).sort(), ['host', 'proxy-authorization']);
    assert.equal(origin.requests.at(-1)?.headers['proxy-authorization'], undefined);
  }
});

test('an https proxy is spoken to over TLS for http too, and its certificate is checked', async () => {
  await using origin = await startOrigin({ files: FILES });
  await using proxy = await startProxy({ tls: HERE });
  const request = { proxy: proxy.url, insecure: true };
  const { body } = await get(origin.url(), { request, ca: HERE.cert });
  assert.ok(body.equals(RIGHT));
  await assert.rejects(get(origin.url(), { request }), codeOf('tls', /securely/));
  assert.equal(proxy.requests.length, 1);
});

test('SOCKS5 carries http and https, resolves names here or there, and knows users', async () => {
  await using plain = await startOrigin({ files: FILES });
  await using secure = await startOrigin({ files: FILES, tls: TLS });
  const hosts = { 'origin.test': `127.0.0.1:${plain.port}` };
  await using socks = await startSocks({ credentials: 'al%C3%ADce:sesame%3A', hosts });
  const ask = (scheme: string, url: string) =>
    get(url, { request: { proxy: `${scheme}://${socks.authority}` }, ca: TLS.cert, lookup: here });
  for (const [scheme, url] of [
    ['socks5h', 'http://origin.test/f'],
    ['socks5', `http://origin.test:${plain.port}/f`],
    ['socks5', `https://origin.test:${secure.port}/f`],
    ['socks5h', plain.url()],
  ] as const) {
    assert.ok((await ask(scheme, url)).body.equals(RIGHT), url);
  }
  assert.deepEqual(socks.asked, [
    '3 origin.test:80',
    `1 127.0.0.1:${plain.port}`,
    `1 127.0.0.1:${secure.port}`,
    `1 127.0.0.1:${plain.port}`,
  ]);
});

test('a proxy that wants to know who asks is named, with what to do', async () => {
  const next = /USER:PASSWORD@/;
  await using proxy = await startProxy({ credentials: 'alice:sesame' });
  const bare = proxy.url.replace(/\/\/.*@/, '//');
  const wrong = proxy.url.replace('alice', 'bob');
  await assert.rejects(
    get('https://origin.test/', { request: { proxy: bare } }),
    codeOf('origin-refused', /^The proxy http:\/\/127.0.0.1:\d+ wants a user and password/, next),
  );
  await assert.rejects(
    get('https://origin.test/', { request: { proxy: wrong } }),
    codeOf('origin-refused', /does not accept/, next),
  );
  assert.equal((await get('http://origin.test/', { request: { proxy: bare } })).status, 407);
  await using socks = await startSocks({ credentials: 'alice:sesame' });
  for (const [user, message] of [
    ['', /wants a user/],
    ['bob:sesame@', /does not accept/],
  ] as const) {
    const url = `socks5h://${user}${socks.authority.replace(/^.*@/, '')}`;
    await assert.rejects(
      get('http://origin.test/', { request: { proxy: url } }),
      codeOf('origin-refused', message, next),
    );
  }
});

test('a proxy that cannot reach the origin is told from one that will not', async () => {
  for (const [status, passing] of [
    [502, true],
    [403, false],
  ] as const) {
    await using proxy = await startProxy({ status });
    await assert.rejects(get('https://origin.test/', { request: { proxy: proxy.url } }), (thrown) => {
      assert.equal(failureOf(thrown, new URL('https://origin.test/')).passing, passing);
      return codeOf(passing ? 'origin-failed' : 'origin-refused', new RegExp(`HTTP ${status}`))(thrown);
    });
  }
  for (const [reply, message] of [
    [2, /does not allow/],
    [5, /refused/],
    [99, /has failed/],
  ] as const) {
    await using socks = await startSocks({ reply });
    const request = { proxy: `socks5h://${socks.authority}` };
    const code = reply === 2 ? 'origin-refused' : 'origin-failed';
    await assert.rejects(get('http://origin.test/', { request }), codeOf(code, message));
  }
});

test('a proxy that is not there, or whose name leads nowhere, is what the error speaks of', async () => {
  const { port } = await using1(startRaw([]));
  await assert.rejects(
    get('http://origin.test/', { request: { proxy: `http://alice:sesame@127.0.0.1:${port}` } }),
    codeOf(
      'origin-failed',
      /proxy http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/,
      /address of the proxy/,
    ),
  );
  const nowhere: LookupFunction = (_name, _options, callback) =>
    callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
  await assert.rejects(
    get('http://origin.test/', { request: { proxy: 'socks5://proxy.test' }, lookup: nowhere }),
    codeOf('dns', /proxy socks5:\/\/proxy\.test:1080 has a name/),
  );
});

/** What a server was, after it is gone. */
async function using1(server: ReturnType<typeof startRaw>): Promise<{ port: number }> {
  await using one = await server;
  return { port: one.port };
}

test('what makes no sense as an answer of an HTTP proxy ends the attempt', async () => {
  const ok = 'HTTP/1.1 200 OK\r\n\r\n';
  for (const answer of [
    'SSH-2.0-OpenSSH_9\r\n',
    Buffer.from([5, 0]),
    '\r\n\r\n',
    'HTTP/1.1 sesame\r\n\r\n',
    'HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\n\r\n',
    'HTTP/2 200\r\n\r\n',
    `HTTP/1.1 200 OK\r\n${'X: sesame\r\n'.repeat(4000)}\r\n`,
    'a'.repeat(100_000),
    `${ok}and more`,
    '',
    'HTTP/1.1 200 O',
  ]) {
    await using raw = await startRaw([answer]);
    await assert.rejects(
      get('https://origin.test/', { request: { proxy: `http://127.0.0.1:${raw.port}` } }),
      codeOf('origin-failed', /does not answer as an HTTP proxy should|closed the connection/),
      String(answer).slice(0, 40),
    );
  }
});

test('no bytes of a SOCKS server make a request hang, crash or succeed', async () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((all) => Buffer.from(all));
  const near = fc.constantFrom(
    ...[
      [5, 0],
      [5, 2],
      [5, 255],
      [4, 0],
      [1, 0],
      [5, 0, 0, 1, 1, 2],
      [5, 0, 0, 9, 0],
      [5, 0, 0, 3, 255, 1],
    ].map((all) => Buffer.from(all)),
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    Buffer.alloc(70_000, 5),
  );
  const answers = fc.array(fc.oneof(bytes, near), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(answers, async (all) => {
      await using raw = await startRaw(all);
      const request = { proxy: `socks5h://alice:sesame@127.0.0.1:${raw.port}` };
      const thrown = await get('http://origin.test/', { request, connectTimeoutMs: 50 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(thrown instanceof Error);
      if (thrown instanceof DragonloadError) assert.match(thrown.message, /^The proxy socks5h:/);
    }),
    { numRuns: 100 },
  );
});

test('a proxy that says nothing costs no more than the time to connect, and close() ends it at once', async () => {
  await using raw = await startRaw(['', '']);
  for (const scheme of ['http', 'socks5h', 'https']) {
    const request = { proxy: `${scheme}://127.0.0.1:${raw.port}` };
    await assert.rejects(
      get('https://origin.test/', { request, connectTimeoutMs: 50 }),
      codeOf('origin-failed', /did not answer in time/),
    );
    const settings = await loadRequestSettings(request, {});
    const connections = new Connections({ allowPrivate: true, settings });
    const failed = assert.rejects(get('https://origin.test/', { settings, connections }));
    await new Promise(setImmediate);
    connections.close();
    await failed;
  }
});

test('through a proxy too, private addresses and names stay closed to URLs of others', async () => {
  await using proxy = await startProxy();
  await using socks = await startSocks();
  const request = { proxy: proxy.url };
  for (const url of [
    'http://127.0.0.1/',
    'http://[::1]/',
    'https://10.0.0.1/',
    'http://169.254.169.254/',
    'http://localhost/',
    'http://a.localhost./',
    'http://router/',
    'http://nas.local/',
    'http://metadata.google.internal/',
  ]) {
    await assert.rejects(get(url, { request, allowPrivate: false }), { code: 'ERR_PRIVATE_ADDRESS' }, url);
  }
  await assert.rejects(
    get('http://origin.test/', {
      request: { proxy: `socks5://${socks.authority}` },
      allowPrivate: false,
      lookup: here,
    }),
    { code: 'ERR_PRIVATE_ADDRESS' },
  );
  assert.deepEqual([proxy.requests.length, socks.asked], [0, []]);
  // A name that only the proxy can resolve goes through, though the proxy itself is here.
  await get('http://origin.test/', { request, allowPrivate: false });
  assert.equal(proxy.requests.length, 1);
});
