import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { type Frame, PeerService } from '../gen/dragonload/v1/peer_pb.ts';
import { ROOM, startMember, type TestMember } from '../testing/lan/rooms.ts';
import { ephemeralIdentity, type Identity } from './identity/identity.ts';
import { admissionKey, newNonce, proofOf } from './sessions/admission.ts';
import { SendQueue } from './sessions/send-queue.ts';
import { frameOf } from './wire/wire.ts';

// What reaches the port from outside, made with stock tools only: net, tls, and ConnectRPC's own gRPC client.

/** A gRPC session with a member, by Connect's transport with a client certificate. */
function openStock(member: TestMember, identity: Identity) {
  const transport = createGrpcTransport({
    baseUrl: `https://${member.lan.addresses()[0]}`,
    nodeOptions: { cert: identity.certPem, key: identity.keyPem, rejectUnauthorized: false },
    acceptCompression: [],
  });
  const outbox = new SendQueue();
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
