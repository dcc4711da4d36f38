import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { startMember, type TestMember } from '../testing/lan/rooms.ts';
import { certificatePem, selfSignedCertificate } from './identity/certificate.ts';
import { ephemeralIdentity, type Identity } from './identity/identity.ts';
import type { ListenerLimits } from './network/listener.ts';

// Connections that the port hangs up on, each for its own reason and not because the time for admission is over.

/** A member that does not hang up for want of admission: what closes a connection here is another reason. */
const startPatient = (limits: Partial<ListenerLimits> = {}) =>
  startMember({ limits: { admissionMs: 3_600_000, ...limits } });

/** For tests in which a connection must be closed: ends the wait where it is not. */
const BOUND = { timeout: 60_000 };

interface DialTlsOptions {
  readonly identity?: Pick<Identity, 'certPem' | 'keyPem'>;
  readonly protocols?: string[];
  readonly localAddress?: string;
}

/** A TLS connection to the member's port. */
function dialTls(member: TestMember, options: DialTlsOptions = {}): TLSSocket {
  const { identity, protocols = ['h2'], localAddress } = options;
  const socket = connectTls({
    host: member.lan.addresses()[0]!.split(':')[0]!,
    port: member.lan.port,
    rejectUnauthorized: false,
    ...(protocols.length === 0 ? {} : { ALPNProtocols: protocols }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(identity === undefined ? {} : { cert: identity.certPem, key: identity.keyPem }),
  });
  socket.on('error', () => {});
  return socket.resume();
}

/** Resolves when the connection is closed, in whatever way; closes it and rejects when the test's time is over. */
function closed(socket: Socket, { signal }: TestContext): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  signal.addEventListener('abort', () => {
    reject(new Error('the connection stays open'));
    socket.destroy();
  });
  return promise;
}

/** Connections that the member has let in. */
async function letIn(member: TestMember, count: number): Promise<TLSSocket[]> {
  const sockets = Array.from({ length: count }, () => dialTls(member, { identity: ephemeralIdentity() }));
  await Promise.all(sockets.map((socket) => once(socket, 'secureConnect')));
  return sockets;
}

/** A P-256 identity whose certificate has this many bytes more than usual. */
function identityWithLongCertificate(moreBytes: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const certificate = selfSignedCertificate(publicKey, privateKey, Buffer.alloc(15 + moreBytes, 1));
  return {
    certificate,
    certPem: certificatePem(certificate),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

test('a client without a certificate is hung up on at once', BOUND, async (t) => {
  await using member = await startPatient();
  await closed(dialTls(member), t);
});

test('a client with a certificate that is too long is hung up on at once', BOUND, async (t) => {
  const identity = identityWithLongCertificate(4096);
  assert.ok(identity.certificate.length > 4096);
  await using member = await startPatient();
  await closed(dialTls(member, { identity }), t);
});

test('a member of no room is hung up on at once when it asks for bulk bytes', BOUND, async (t) => {
  await using member = await startPatient();
  const socket = dialTls(member, { identity: ephemeralIdentity(), protocols: ['http/1.1'] });
  let heard = 0;
  socket.on('data', (data) => (heard += data.length));
  socket.write(
    'GET /v1/downloads/0123456789abcdef0123456789abcdef HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n',
  );
  await closed(socket, t);
  assert.equal(heard, 0);
});

test('a connection that speaks neither protocol is refused by TLS', BOUND, async (t) => {
  await using member = await startPatient();
  const socket = dialTls(member, { identity: ephemeralIdentity(), protocols: ['smtp'] });
  const refused = once(socket, 'error', { signal: t.signal });
  await closed(socket, t);
  const [error] = await refused;
  // The alert no_application_protocol (RFC 7301, 3.2).
  assert.equal(error.code, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
});

test('a connection that names no protocol is hung up on at once', BOUND, async (t) => {
  await using member = await startPatient();
  await closed(dialTls(member, { identity: ephemeralIdentity(), protocols: [] }), t);
});

test('garbage in place of TLS is hung up on at once, and the member lives', BOUND, async (t) => {
  await using member = await startPatient();
  const socket = connectTcp(member.lan.port, member.lan.addresses()[0]!.split(':')[0]!);
  socket.on('error', () => {});
  socket.resume().write(Buffer.alloc(4096, 'garbage'));
  await closed(socket, t);
  await using other = await startMember();
  await other.lan.dial(member.lan.addresses());
});

test('garbage in place of HTTP/2 is hung up on at once, and the member lives', BOUND, async (t) => {
  await using member = await startPatient();
  const socket = dialTls(member, { identity: ephemeralIdentity() });
  socket.write(Buffer.alloc(4096, 'garbage'));
  await closed(socket, t);
  await using other = await startMember();
  await other.lan.dial(member.lan.addresses());
});

test('a connection that says nothing is hung up on when its time is over', BOUND, async (t) => {
  await using member = await startMember({ limits: { admissionMs: 50 } });
  await closed(dialTls(member, { identity: ephemeralIdentity() }), t);
});

for (const limit of ['strangers', 'connections', 'connectionsPerAddress'] as const) {
  test(
    `one connection more than the limit of ${limit} is hung up on at once, and the others stay`,
    BOUND,
    async (t) => {
      await using member = await startPatient({ [limit]: 2 });
      const kept = await letIn(member, 2);
      await closed(dialTls(member, { identity: ephemeralIdentity() }), t);
      assert.deepEqual(
        kept.map((socket) => socket.destroyed),
        [false, false],
      );
      for (const socket of kept) socket.destroy();
    },
  );
}

test('members do not count as strangers', async () => {
  await using member = await startPatient({ strangers: 1 });
  await using first = await startMember();
  await using second = await startMember();
  await first.lan.dial(member.lan.addresses());
  await second.lan.dial(member.lan.addresses());
  assert.equal(member.lan.sessions().length, 2);
});

test('the limit of one address leaves the others alone', async () => {
  await using member = await startPatient({ connectionsPerAddress: 1 });
  const [kept] = await letIn(member, 1);
  const other = dialTls(member, { identity: ephemeralIdentity(), localAddress: '127.0.0.99' });
  await once(other, 'secureConnect');
  assert.equal(kept!.destroyed, false);
  kept!.destroy();
  other.destroy();
});
