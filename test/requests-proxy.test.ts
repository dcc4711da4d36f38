import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProxy } from '../src/testing/origin/proxy-server.ts';
import { startSocks } from '../src/testing/origin/socks-server.ts';
import { serverCertificate } from '../src/testing/origin-server/certificate.ts';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { freePort } from './support/free-port.ts';
import { type Member, until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
/** No name server knows it: only a proxy can lead there. */
const HOST = 'files.invalid';
const SECRET = 'hunter2';
const CREDENTIALS = `alice:${SECRET}`;
const NONE = { http_proxy: '', https_proxy: '', all_proxy: '', no_proxy: '' };

function told(member: Member): string {
  return [member.log, ...member.events.map((event) => JSON.stringify(event))].join('\n');
}

function elsewhere(url: string): string {
  const { port, pathname, protocol } = new URL(url);
  return `${protocol}//${HOST}:${port}${pathname}`;
}

for (const credentials of [undefined, CREDENTIALS]) {
  const how = credentials === undefined ? '' : ', with a password';
  test(`an HTTP proxy leads to plain and to TLS origins${how}`, async (t) => {
    const file = knownFile('http', 3 * MIB);
    const tls = serverCertificate({ type: 'dns', value: HOST });
    await using plain = await startOrigin({ files: { [PATH]: file } });
    await using secure = await startOrigin({ files: { [PATH]: file }, tls });
    const stage = new Stage(t);
    const ca = join(stage.folder, 'ca.pem');
    await writeFile(ca, tls.cert);
    for (const origin of [plain, secure]) {
      const hosts = { [HOST]: `127.0.0.1:${origin.port}` };
      await using proxy = await startProxy({ hosts, ...(credentials === undefined ? {} : { credentials }) });
      const args = ['--proxy', proxy.url, '--ca', ca];
      const member = stage.get(`ada${origin.port}`, elsewhere(origin.url()), { args, connections: 2 });
      await member.finishes(file.sha256);
      assert.ok(proxy.requests.length > 0);
      for (const { headers } of origin.requests) assert.equal(headers['proxy-authorization'], undefined);
      assert.ok(!told(member).includes(SECRET), member.describe('tells the password'));
    }
  });

  test(`a SOCKS5 proxy leads to an origin by its name or its address${how}`, async (t) => {
    const file = knownFile('socks', 3 * MIB);
    await using origin = await startOrigin({ files: { [PATH]: file } });
    const hosts = { [HOST]: `127.0.0.1:${origin.port}` };
    const given = credentials === undefined ? {} : { credentials };
    await using proxy = await startSocks({ hosts, ...given });
    const stage = new Stage(t);
    const named = stage.get('ada', elsewhere(origin.url()), {
      args: ['--proxy', `socks5h://${proxy.authority}`],
    });
    await named.finishes(file.sha256);
    const addressed = stage.get('bob', origin.url(), { args: ['--proxy', `socks5://${proxy.authority}`] });
    await addressed.finishes(file.sha256);
    assert.ok(proxy.asked.includes(`3 ${HOST}:${origin.port}`), 'the name is left to the proxy');
    assert.ok(proxy.asked.includes(`1 127.0.0.1:${origin.port}`));
    for (const member of [named, addressed]) assert.ok(!told(member).includes(SECRET));
  });
}

test('a proxy may itself be reached by TLS', async (t) => {
  const file = knownFile('https proxy', 3 * MIB);
  const tls = serverCertificate({ type: 'ip', value: '127.0.0.1' });
  await using origin = await startOrigin({ files: { [PATH]: file } });
  await using proxy = await startProxy({ tls, hosts: { [HOST]: `127.0.0.1:${origin.port}` } });
  const stage = new Stage(t);
  const ca = join(stage.folder, 'ca.pem');
  await writeFile(ca, tls.cert);
  const args = ['--proxy', proxy.url, '--ca', ca];
  await stage.get('ada', elsewhere(origin.url()), { args }).finishes(file.sha256);
  assert.ok(proxy.requests.length > 0);
});

test('the environment names proxies, and hosts that need none; options go before it', async (t) => {
  const file = knownFile('environment', 2 * MIB);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const hosts = { [HOST]: `127.0.0.1:${origin.port}` };
  await using proxy = await startProxy({ hosts });
  await using other = await startProxy({ hosts });
  const stage = new Stage(t);
  for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']) {
    const before = proxy.requests.length;
    // The empty ones of the test's own environment would go before those in capitals.
    const environment: Record<string, string> = { [name]: proxy.url };
    const member = stage.get(`ada-${name}`, elsewhere(origin.url()), { environment });
    await member.finishes(file.sha256);
    assert.ok(proxy.requests.length > before, `${name} counts`);
  }
  const environment = { ...NONE, http_proxy: proxy.url };
  const before = proxy.requests.length;
  await stage
    .get('bob', elsewhere(origin.url()), { args: ['--proxy', other.url], environment })
    .finishes(file.sha256);
  assert.equal(proxy.requests.length, before, 'the option goes before the environment');
  assert.ok(other.requests.length > 0);

  // Directly there is no way to the name.
  for (const [who, args, more] of [
    ['carol', ['--noproxy', HOST], {}],
    ['dave', [], { no_proxy: `example.org, .${HOST}` }],
    ['erin', ['--proxy', ''], {}],
  ] as const) {
    const direct = stage.get(who, elsewhere(origin.url()), {
      args: [...args, '--retries', '0'],
      environment: { ...environment, ...more },
    });
    await direct.fails('dns');
  }
  assert.equal(proxy.requests.length, before);
});

test("what lies on this machine is reached without the environment's proxy", async (t) => {
  const file = knownFile('loopback', 2 * MIB);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  await using proxy = await startProxy();
  const environment = { ...NONE, http_proxy: proxy.url };
  await new Stage(t).get('ada', origin.url(), { environment }).finishes(file.sha256);
  assert.equal(proxy.requests.length, 0);
});

test('a proxy that refuses is an error that names it, and not its password', async (t) => {
  const file = knownFile('refuses', 2 * MIB);
  const tls = serverCertificate({ type: 'dns', value: HOST });
  await using origin = await startOrigin({ files: { [PATH]: file }, tls });
  await using refusing = await startProxy({ status: 403, credentials: CREDENTIALS });
  await using locked = await startProxy({ credentials: `alice:other-${SECRET}` });
  await using socks = await startSocks({ credentials: `alice:other-${SECRET}` });
  await using lost = await startSocks({ reply: 2 });
  const dead = `http://${CREDENTIALS}@127.0.0.1:${await freePort()}`;
  const stage = new Stage(t);
  for (const [index, proxy] of [
    refusing.url,
    locked.url.replace('other-', ''),
    `socks5h://${socks.authority.replace('other-', '')}`,
    `socks5h://${lost.authority}`,
    dead,
  ].entries()) {
    const args = ['--proxy', proxy, '--insecure', '--retries', '0'];
    const member = stage.get(`ada${index}`, elsewhere(origin.url()), { args });
    assert.equal(await member.exit(), 1, member.describe(`did not fail with ${proxy}`));
    const { host } = new URL(proxy.replace(/^socks5h?/, 'http'));
    assert.ok(told(member).includes(host), member.describe('does not name the proxy'));
    assert.ok(!told(member).includes(SECRET), member.describe('tells the password'));
  }
  assert.equal(origin.requests.length, 0);
});

test('a proxy that dies in the middle breaks nothing: the same command goes on with another', async (t) => {
  const file = knownFile('dies', 6 * MIB);
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 2 * MIB });
  const hosts = { [HOST]: `127.0.0.1:${origin.port}` };
  const proxy = await startProxy({ hosts });
  origin.holdAfter(3 * MIB);
  const stage = new Stage(t);
  const args = ['--proxy', proxy.url, '--retries', '0'];
  const member = stage.get('ada', elsewhere(origin.url()), { args });
  await until(
    () => member.hasEnded || origin.servedBytes() >= 3 * MIB,
    () => member.describe('brought too little'),
  );
  await proxy[Symbol.asyncDispose]();
  assert.equal(await member.exit(), 1, member.describe('goes on without its proxy'));
  origin.release();
  await using next = await startProxy({ hosts });
  await stage.get('ada', elsewhere(origin.url()), { args: ['--proxy', next.url] }).finishes(file.sha256);
  assert.ok(origin.servedBytes() <= 7 * MIB, `${origin.servedBytes()} bytes were served in all`);
});
