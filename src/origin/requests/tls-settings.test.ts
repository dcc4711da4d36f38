import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { serverCertificate } from '../../testing/origin-server/certificate.ts';
import { Origin } from '../origin.ts';
import { loadRequestSettings, settingsForOthers } from './request-settings.ts';
import { ClientCertificate, readCertificates, readClientCertificate } from './tls-settings.ts';

const alice = serverCertificate({ type: 'dns', value: 'alice.test' });
const bob = serverCertificate({ type: 'dns', value: 'bob.test' });
let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dragonload-tls-'));
});
after(() => rm(directory, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

/** A server over TLS that asks who is there and serves one byte, or sends everyone on. */
async function asking(host: string, location?: () => string) {
  const tls = serverCertificate({ type: 'ip', value: host });
  /** The names in the certificates that clients showed; undefined for none. */
  const seen: (string | undefined)[] = [];
  const server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push(subject?.CN?.toString());
      if (location === undefined) response.writeHead(206, { 'content-range': 'bytes 0-0/1' }).end('x');
      else response.writeHead(302, { location: location() }).end();
    },
  );
  server.listen(0, host);
  await once(server, 'listening');
  return {
    seen,
    cert: tls.cert,
    url: `https://${host}:${(server.address() as AddressInfo).port}/f`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a client certificate is shown to the host that the user named, and to no other', async () => {
  await using other = await asking('127.0.0.2');
  await using named = await asking('127.0.0.1', () => other.url);
  const certificateFile = await file('alice.pem', alice.cert + alice.key);
  const caFile = await file('ca.pem', `${named.cert}\n${other.cert}`);
  const settings = await loadRequestSettings({ certificateFile, caFile }, {});
  await using origin = new Origin(named.url, { allowPrivate: true, settings });
  await origin.probe();
  assert.deepEqual([named.seen, other.seen], [['alice.test'], [undefined]]);
  await using theirs = new Origin(named.url, { allowPrivate: true, settings: settingsForOthers(settings) });
  await theirs.probe();
  assert.deepEqual(named.seen, ['alice.test', undefined], 'not for a URL that somebody else named');
});

test('a certificate is for the named hosts alone', () => {
  const certificate = new ClientCertificate(alice.cert, alice.key);
  const isFor = (url: string) => certificate.isFor(new URL(url));
  assert.ok(!isFor('https://a.test/'));
  certificate.allow(new URL('https://a.test/f'));
  assert.ok(isFor('https://a.test/other') && !isFor('https://a.test:444/') && !isFor('https://sub.a.test/'));
});

test('without checking of certificates, any is taken, and digests that come so are worth nothing', async () => {
  await using server = await asking('127.0.0.1');
  await using checking = new Origin(server.url, { allowPrivate: true });
  await assert.rejects(checking.probe(), { code: 'tls' });
  const settings = await loadRequestSettings({ insecure: true }, {});
  await using origin = new Origin(server.url, { allowPrivate: true, settings });
  const { identity, digests } = await origin.probe();
  assert.deepEqual([identity.sizeBytes, digests], [1, []]);
});

test('certificate and key come from one file or two, the key encrypted or not', async () => {
  const passphrase = 'sesame';
  const encrypted = createPrivateKey(alice.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString();
  const cert = await file('cert.pem', `${alice.cert}${bob.cert}`);
  const env = { DRAGONLOAD_KEY_PASSPHRASE: passphrase };
  for (const key of [alice.key, encrypted]) {
    const two = await readClientCertificate(cert, await file('key.pem', key), env);
    const one = await readClientCertificate(await file('both.pem', key + alice.cert), undefined, env);
    for (const { key } of [one, two]) assert.equal(createPrivateKey(key).asymmetricKeyType, 'ec');
    assert.equal(two.cert.match(/BEGIN/g)?.length, 2, 'with those that vouch for it');
  }
});

test('certificates and keys that are of no use are refused, naming the file and nothing that is in it', async () => {
  const encrypted = createPrivateKey(alice.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' })
    .toString();
  const damaged = alice.cert.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA');
  const certificate = await file('good.pem', alice.cert);
  const cases: [() => Promise<unknown>, RegExp][] = [
    [async () => readCertificates(await file('empty.pem', '')), /no certificate/],
    [async () => readCertificates(await file('damaged.pem', damaged)), /certificate 1 is damaged/],
    [async () => readCertificates(join(directory, 'missing.pem')), /does not exist/],
    [async () => readCertificates(directory), /is a directory/],
    [async () => readClientCertificate(certificate, undefined, {}), /no private key/],
    [async () => readClientCertificate(certificate, await file('bob.key', bob.key), {}), /does not belong/],
    [async () => readClientCertificate(certificate, await file('locked.key', encrypted), {}), /encrypted/],
    [
      async () =>
        readClientCertificate(certificate, await file('locked.key', encrypted), {
          DRAGONLOAD_KEY_PASSPHRASE: 'x',
        }),
      /passphrase does not open/,
    ],
    [
      async () =>
        readClientCertificate(certificate, await file('broken.key', alice.key.replace(/\n.{20}/, '\n')), {}),
      /damaged private key/,
    ],
    [async () => loadRequestSettings({ keyFile: certificate }, {}), /needs its certificate/],
  ];
  for (const [reading, message] of cases)
    await assert.rejects(reading(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'usage');
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /sesame|BEGIN/);
      return true;
    });
});
