import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { serverCertificate } from '../src/testing/origin-server/certificate.ts';
import { contentSlice } from '../src/testing/origin-server/content.ts';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const SIZE = 300_000;
const HERE = { type: 'ip', value: '127.0.0.1' } as const;

test('an origin with a certificate of nobody known is refused, let in with --ca, or with --insecure and a warning', async (t) => {
  const file = knownFile('tls', 3 * MIB, {
    headers: { 'repr-digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` },
  });
  const tls = serverCertificate(HERE);
  await using origin = await startOrigin({ files: { [PATH]: { ...file, headers: {} } }, tls });
  const stage = new Stage(t);
  const refused = stage.get('ada', origin.url());
  await refused.fails('tls');
  assert.equal(origin.requests.length, 0, 'nothing was said to it');

  const ca = join(stage.folder, 'ca.pem');
  await writeFile(ca, tls.cert);
  const trusting = stage.get('bob', origin.url(), { args: ['--ca', ca] });
  await trusting.finishes(file.sha256);
  assert.ok(!/insecure/i.test(trusting.log));

  const other = join(stage.folder, 'other.pem');
  await writeFile(other, serverCertificate(HERE).cert);
  await stage.get('carol', origin.url(), { args: ['--ca', other] }).fails('tls');

  const careless = stage.get('dave', origin.url(), { args: ['--insecure'] });
  const { trust } = await careless.finishes(file.sha256);
  assert.match(careless.log, /^Warning: with --insecure nobody checks who the origin is/m);
  assert.equal(trust, 'self-verified');
  // What such an origin says of the file proves nothing, be it right or wrong.
  origin.set(PATH, { ...file, etag: '"wrong digest"' });
  const { trust: again } = await stage
    .get('erin', origin.url(), { args: ['--insecure'] })
    .finishes(file.sha256);
  assert.equal(again, 'self-verified');
});

/** A server that asks for certificates: who showed one, by path. Without one there is no file unless it is optional. */
async function asking(
  t: TestContext,
  host: string,
  ca: string,
  options: { redirectTo?: string; must: boolean; tls?: { key: string; cert: string } },
) {
  const tls = options.tls ?? serverCertificate({ type: host === '127.0.0.1' ? 'ip' : 'dns', value: host });
  const shown: (string | undefined)[] = [];
  const bytes = Buffer.from(contentSlice('client', 0, SIZE));
  const server = createServer(
    { ...tls, ca, requestCert: true, rejectUnauthorized: options.must },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      shown.push(subject?.CN === undefined ? undefined : String(subject.CN));
      if (options.redirectTo === undefined) response.writeHead(200, { 'content-length': SIZE }).end(bytes);
      else response.writeHead(302, { location: options.redirectTo }).end();
    },
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { shown, tls, url: `https://${host}:${port}${PATH}` };
}

test('a client certificate opens the host that was named, and is shown to no other', async (t) => {
  const { sha256 } = knownFile('client', SIZE);
  const client = serverCertificate({ type: 'dns', value: 'alice' });
  const stage = new Stage(t);
  const save = async (name: string, text: string) => {
    const path = join(stage.folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const cert = await save('cert.pem', client.cert);
  const key = await save('key.pem', client.key);
  const both = await save('both.pem', client.cert + client.key);
  const store = await asking(t, 'localhost', client.cert, { must: false });
  const origin = await asking(t, '127.0.0.1', client.cert, { must: true });
  const sending = await asking(t, '127.0.0.1', client.cert, {
    must: true,
    redirectTo: store.url,
    tls: origin.tls,
  });
  const ca = await save('ca.pem', origin.tls.cert + store.tls.cert);

  await stage.get('ada', origin.url, { args: ['--ca', ca, '--cert', cert, '--key', key] }).finishes(sha256);
  await stage.get('bob', origin.url, { args: ['--ca', ca, '--cert', both] }).finishes(sha256);
  assert.ok(origin.shown.length >= 2 && origin.shown.every((name) => name === 'alice'));
  assert.notEqual(await stage.get('carol', origin.url, { args: ['--ca', ca, '--retries', '0'] }).exit(), 0);

  await stage.get('dave', sending.url, { args: ['--ca', ca, '--cert', both] }).finishes(sha256);
  assert.ok(sending.shown.length > 0 && sending.shown.every((name) => name === 'alice'));
  assert.ok(store.shown.length > 0 && store.shown.every((name) => name === undefined), 'shown to the store');

  // A mirror elsewhere is not who the certificate is for either.
  const before = store.shown.length;
  const dead = origin.url.replace(PATH, '/').replace(/:\d+\//, ':1/');
  const args = ['--ca', ca, '--cert', both, '--mirror', store.url];
  await stage.get('erin', dead, { args }).finishes(sha256);
  assert.ok(store.shown.length > before && store.shown.every((name) => name === undefined));
});

test('a key that belongs to another certificate, and a key alone, are wrong usage', async (t) => {
  const stage = new Stage(t);
  const [one, other] = [1, 2].map(() => serverCertificate({ type: 'dns', value: 'alice' }));
  const cert = join(stage.folder, 'cert.pem');
  const key = join(stage.folder, 'key.pem');
  await writeFile(cert, one!.cert);
  await writeFile(key, other!.key);
  const url = 'https://127.0.0.1:1/file.bin';
  await stage.get('ada', url, { args: ['--cert', cert, '--key', key] }).fails('usage', 2);
  await stage.get('bob', url, { args: ['--key', key] }).fails('usage', 2);
});

const LOOPBACK = Object.entries(networkInterfaces()).find(([, all]) =>
  all?.some(({ address }) => address === '127.0.0.1'),
)?.[0];
const HAS_IPV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const IPV6 = { skip: HAS_IPV6 ? false : 'there is no ::1' };

test('--interface takes an interface or an address to connect from', async (t) => {
  const file = knownFile('interface', 2 * MIB);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  await stage.get('ada', origin.url(), { args: ['--interface', LOOPBACK!] }).finishes(file.sha256);
  await stage.get('bob', origin.url(), { args: ['--interface', '127.0.0.1'] }).finishes(file.sha256);
  if (process.platform === 'linux') {
    const before = origin.requests.length;
    await stage.get('carol', origin.url(), { args: ['--interface', '127.0.0.7'] }).finishes(file.sha256);
    for (const { client } of origin.requests.slice(before)) assert.equal(client, '127.0.0.7');
  }
  const before = origin.requests.length;
  await stage.get('dave', origin.url(), { args: ['--interface', 'nothing0'] }).fails('usage', 2);
  await stage.get('erin', origin.url(), { args: ['--interface', '192.0.2.77', '--retries', '0'] }).exit();
  assert.equal(origin.requests.length, before);
});

test('-4 and -6 choose the version of IP', IPV6, async (t) => {
  const file = knownFile('family', 2 * MIB);
  await using four = await startOrigin({ files: { [PATH]: file }, hostName: 'localhost' });
  await using six = await startOrigin({ files: { [PATH]: file }, host: '::1', hostName: '[::1]' });
  const stage = new Stage(t);
  await stage.get('ada', four.url(), { args: ['-4'] }).finishes(file.sha256);
  await stage.get('bob', six.url(), { args: ['-6'] }).finishes(file.sha256);
  for (const [who, url, flag] of [
    ['carol', four.url(), '-6'],
    ['dave', six.url(), '-4'],
  ] as const) {
    const member = stage.get(who, url, { args: [flag, '--retries', '0'] });
    assert.equal(await member.exit(), 1, member.describe('went by the other version'));
  }
});
