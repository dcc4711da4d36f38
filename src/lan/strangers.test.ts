import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { type Frame, PeerService } from '../gen/dragonload/v1/peer_pb.ts';
import { ROOM, startMember, type TestMember } from '../testing/lan/rooms.ts';
import { ephemeralIdentity, type Identity } from './identity/identity.ts';
import { admissionKey, newNonce, proofOf } from './sessions/admission.ts';
import { Outbox } from './sessions/send-queue.ts';
import { frameOf } from './wire/wire.ts';

// What reaches the port from outside, made with stock tools only: net, tls, and ConnectRPC's own gRPC client.

/** A gRPC session with a member, by Connect's transport with a client certificate. */
function openStock(member: TestMember, identity: Identity) {
  const transport = createGrpcTransport({
    baseUrl: `https://${member.lan.addresses()[0]}`,
    nodeOptions: { cert: identity.certPem, key: identity.keyPem, rejectUnauthorized: false },
    acceptCompression: [],
  });
  const outbox = new Outbox();
  const incoming = createClient(PeerService, transport).session(outbox)[Symbol.asyncIterator]();
  const receive = async () => (await incoming.next()).value as Frame | undefined;
  return { outbox, receive };
}

const hello = (nonce = newNonce(), room: string = ROOM.id, protocolVersion = 1) =>
  frameOf({ case: 'hello', value: { protocolVersion, room, nonce, instance: Buffer.alloc(16) } });

/** Takes a stock client up to its proof; returns the nonces with what answers. */
async function admit(member: TestMember, identity: Identity) {
  const stock = openStock(member, identity);
  const diallerNonce = newNonce();
  stock.outbox.push(hello(diallerNonce));
  const challenge = await stock.receive();
  assert.equal(challenge?.kind.case, 'challenge');
  const acceptorNonce = challenge.kind.case === 'challenge' ? challenge.kind.value.nonce : assert.fail();
  const facts = { dialler: identity.id, acceptor: member.identity.id, diallerNonce, acceptorNonce };
  const mac = proofOf(admissionKey(ROOM.id, ROOM.secret), 'dialler', facts);
  const proof = frameOf({ case: 'proof', value: { mac, name: 'stock', addresses: [] } });
  return { ...stock, facts, proof };
}

const status = (code: Code) => (error: unknown) => error instanceof ConnectError && error.code === code;

test('a stock gRPC client can take part', async () => {
  await using member = await startMember();
  const identity = ephemeralIdentity();
  const { outbox, receive, facts, proof } = await admit(member, identity);
  outbox.push(proof);
  const answer = await receive();
  assert.ok(answer?.kind.case === 'proof');
  assert.deepEqual(
    Buffer.from(answer.kind.value.mac),
    proofOf(admissionKey(ROOM.id, ROOM.secret), 'acceptor', facts),
  );
  outbox.push(frameOf({ case: 'coordinate', value: { epoch: 1n, seniority: 7 } }));
  await member.until(() => member.messages.length > 0);
  assert.deepEqual(member.messages, [{ type: 'coordinate', epoch: 1, seniority: 7 }]);
  outbox.end();
  await member.until(() => member.downs.length > 0);
  assert.equal(member.downs[0]!.kind, 'left');
});

test('another version is told so', async () => {
  await using member = await startMember();
  const { outbox, receive } = openStock(member, ephemeralIdentity());
  outbox.push(hello(newNonce(), ROOM.id, 2));
  await assert.rejects(receive(), status(Code.FailedPrecondition));
});

test('messages before admission end the session', async () => {
  await using member = await startMember();
  const { outbox, receive } = openStock(member, ephemeralIdentity());
  outbox.push(frameOf({ case: 'bye', value: {} }));
  await assert.rejects(receive(), status(Code.InvalidArgument));
  assert.deepEqual([member.ups.length, member.messages.length], [0, 0]);
});

test('a message in place of the proof ends the session', async () => {
  await using member = await startMember();
  const { outbox, receive } = await admit(member, ephemeralIdentity());
  outbox.push(frameOf({ case: 'coordinate', value: { epoch: 1n, seniority: 1 } }));
  await assert.rejects(receive(), status(Code.InvalidArgument));
  assert.deepEqual([member.ups.length, member.messages.length], [0, 0]);
});

test('a proof that was good once does not open a second session', async () => {
  await using member = await startMember();
  const identity = ephemeralIdentity();
  const first = await admit(member, identity);
  const second = await admit(member, identity);
  first.outbox.push(first.proof);
  assert.equal((await first.receive())?.kind.case, 'proof');
  second.outbox.push(first.proof);
  await assert.rejects(second.receive(), status(Code.Unauthenticated));
});

test('a proof is of no use to another member', async () => {
  await using member = await startMember();
  const mine = await admit(member, ephemeralIdentity());
  const theirs = await admit(member, ephemeralIdentity());
  theirs.outbox.push(mine.proof);
  await assert.rejects(theirs.receive(), status(Code.Unauthenticated));
  assert.equal(member.ups.length, 0);
});

test('nonces of the wrong size are refused', async () => {
  await using member = await startMember();
  const { outbox, receive } = openStock(member, ephemeralIdentity());
  outbox.push(hello(Buffer.alloc(8)));
  await assert.rejects(receive(), status(Code.InvalidArgument));
});

test('a frame that is too large ends an open session as misbehaviour', async () => {
  await using member = await startMember();
  const { outbox, receive, proof } = await admit(member, ephemeralIdentity());
  outbox.push(proof);
  await receive();
  outbox.push(frameOf({ case: 'offer', value: { url: 'x'.repeat(5 << 20) } }));
  await member.until(() => member.downs.length > 0);
  assert.equal(member.downs[0]!.kind, 'misbehaved');
});

test('a message that breaks a rule ends the session as misbehaviour, with what was wrong', async () => {
  await using member = await startMember();
  const { outbox, receive, proof } = await admit(member, ephemeralIdentity());
  outbox.push(proof);
  await receive();
  outbox.push(
    frameOf({
      case: 'offer',
      value: { download: Buffer.alloc(16), url: 'file:///etc/passwd', pieceBytes: 1 << 20 },
    }),
  );
  await member.until(() => member.downs.length > 0);
  assert.equal(member.downs[0]!.kind, 'misbehaved');
  assert.match(member.downs[0]!.message, /URL/);
  await assert.rejects(receive(), status(Code.InvalidArgument));
});

/** A TLS connection to the member's port. */
function dialTls(member: TestMember, options: { identity?: Identity; protocols?: string[] } = {}): TLSSocket {
  const { identity, protocols = ['h2'] } = options;
  const socket = connectTls({
    host: member.lan.addresses()[0]!.split(':')[0]!,
    port: member.lan.port,
    rejectUnauthorized: false,
    ALPNProtocols: protocols,
    ...(identity === undefined ? {} : { cert: identity.certPem, key: identity.keyPem }),
  });
  socket.on('error', () => {});
  return socket.resume();
}

/** Resolves when the connection is closed, in whatever way. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

test('a client without a certificate is hung up on', async () => {
  await using member = await startMember();
  await closed(dialTls(member));
});

test('a member of no room is hung up on when it asks for bulk bytes', async () => {
  await using member = await startMember();
  const socket = dialTls(member, { identity: ephemeralIdentity(), protocols: ['http/1.1'] });
  let heard = 0;
  socket.on('data', (data) => (heard += data.length));
  socket.write(
    'GET /v1/downloads/0123456789abcdef0123456789abcdef HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n',
  );
  await closed(socket);
  assert.equal(heard, 0);
});

test('a connection that speaks neither protocol is hung up on', async () => {
  await using member = await startMember();
  await closed(dialTls(member, { identity: ephemeralIdentity(), protocols: ['smtp'] }));
});

test('garbage in place of TLS is hung up on, and the member lives', async () => {
  await using member = await startMember();
  const socket = connectTcp(member.lan.port, member.lan.addresses()[0]!.split(':')[0]!);
  socket.on('error', () => {});
  socket.resume().write(Buffer.alloc(4096, 'garbage'));
  await closed(socket);
  await using other = await startMember();
  await other.lan.dial(member.lan.addresses());
});

test('garbage in place of HTTP/2 is hung up on, and the member lives', async () => {
  await using member = await startMember();
  const socket = dialTls(member, { identity: ephemeralIdentity() });
  socket.write(Buffer.alloc(4096, 'garbage'));
  await closed(socket);
  await using other = await startMember();
  await other.lan.dial(member.lan.addresses());
});

test('a connection that says nothing is hung up on when its time is over', async () => {
  await using member = await startMember({ limits: { admissionMs: 50 } });
  await closed(dialTls(member, { identity: ephemeralIdentity() }));
});

test('no more strangers are let in than the limit, and members still are', async () => {
  await using member = await startMember({ limits: { strangers: 2 } });
  const kept = [
    dialTls(member, { identity: ephemeralIdentity() }),
    dialTls(member, { identity: ephemeralIdentity() }),
  ];
  await Promise.all(kept.map((socket) => once(socket, 'secureConnect')));
  await closed(dialTls(member, { identity: ephemeralIdentity() }));
  assert.deepEqual(
    kept.map((socket) => socket.destroyed),
    [false, false],
  );
  for (const socket of kept) socket.destroy();
});
