import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createSecureServer, type Http2ServerRequest } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { DragonloadError } from '../core/errors.ts';
import { type Frame, PeerService } from '../gen/dragonload/v1/peer_pb.ts';
import { ROOM, startMember } from '../testing/lan/rooms.ts';
import { ephemeralIdentity, memberIdOf } from './identity/identity.ts';
import { type AdmissionFacts, admissionKey, newNonce, proofOf } from './sessions/admission.ts';
import { frameOf } from './wire/wire.ts';

// Whoever answers a dial must prove that it knows the secret of the room. The acceptor here is made with stock tools
// only (http2 and ConnectRPC's own adapter) and sends whatever proof a test gives it.

interface Heard {
  readonly facts: AdmissionFacts;
  /** The proof that the dialler has sent. */
  readonly diallerMac: Uint8Array;
}

/** A member of its own making that answers every dial with the proof that `macOf` makes of what it heard. */
async function startAcceptor(macOf: (heard: Heard) => Uint8Array) {
  const identity = ephemeralIdentity();
  const handler = connectNodeAdapter({
    grpc: true,
    grpcWeb: false,
    connect: false,
    routes: (router) => router.service(PeerService, { session: (requests) => answer(requests) }),
  });
  let dialler = '';
  async function* answer(requests: AsyncIterable<Frame>) {
    const frames = requests[Symbol.asyncIterator]();
    const hello = (await frames.next()).value.kind;
    assert.equal(hello.case, 'hello');
    const acceptorNonce = newNonce();
    yield frameOf({ case: 'challenge', value: { nonce: acceptorNonce, instance: Buffer.alloc(16) } });
    const proof = (await frames.next()).value.kind;
    assert.equal(proof.case, 'proof');
    const facts = { dialler, acceptor: identity.id, diallerNonce: hello.value.nonce, acceptorNonce };
    const mac = macOf({ facts, diallerMac: proof.value.mac });
    yield frameOf({ case: 'proof', value: { mac, name: 'acceptor', addresses: [] } });
    // The session stays open until the dialler ends it.
    while (!(await frames.next()).done);
  }
  const server = createSecureServer(
    { cert: identity.certPem, key: identity.keyPem, requestCert: true, rejectUnauthorized: false },
    (request: Http2ServerRequest, response) => {
      const socket = request.stream.session!.socket as TLSSocket;
      dialler = memberIdOf(socket.getPeerX509Certificate()!.raw);
      request.on('error', () => {});
      response.on('error', () => {});
      handler(request, response);
    },
  );
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    id: identity.id,
    addresses: [`127.0.0.1:${(server.address() as AddressInfo).port}`],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const key = admissionKey(ROOM.id, ROOM.secret);

test('an acceptor that knows the secret is taken', async () => {
  await using acceptor = await startAcceptor(({ facts }) => proofOf(key, 'acceptor', facts));
  await using member = await startMember();
  const session = await member.lan.dial(acceptor.addresses);
  assert.equal(session.peer, acceptor.id);
});

const falseProofs: readonly (readonly [what: string, macOf: (heard: Heard) => Uint8Array])[] = [
  ['no proof', () => new Uint8Array()],
  ['32 zeros', () => new Uint8Array(32)],
  ['the proof cut short', ({ facts }) => proofOf(key, 'acceptor', facts).subarray(0, 31)],
  [
    'a proof with another secret',
    ({ facts }) => proofOf(admissionKey(ROOM.id, 'x'.repeat(22)), 'acceptor', facts),
  ],
  [
    'a proof with the secret of another room',
    ({ facts }) => proofOf(admissionKey('other', ROOM.secret), 'acceptor', facts),
  ],
  ['a proof without any key', ({ facts }) => proofOf(createHmac('sha256', '').digest(), 'acceptor', facts)],
  ["the dialler's own proof", ({ diallerMac }) => diallerMac],
  [
    'a proof of another admission',
    ({ facts }) => proofOf(key, 'acceptor', { ...facts, diallerNonce: newNonce() }),
  ],
  [
    'a proof of another member',
    ({ facts }) => proofOf(key, 'acceptor', { ...facts, acceptor: ephemeralIdentity().id }),
  ],
];
for (const [what, macOf] of falseProofs) {
  for (const expected of ['the expected member', 'a member of whom no id is known']) {
    test(`${expected} that answers with ${what} is refused by the dialler`, async () => {
      await using acceptor = await startAcceptor(macOf);
      await using member = await startMember();
      const options = expected === 'the expected member' ? { expect: acceptor.id } : {};
      await assert.rejects(
        member.lan.dial(acceptor.addresses, options),
        (error) => error instanceof DragonloadError && error.code === 'wrong-secret',
      );
      assert.deepEqual([member.ups.length, member.lan.sessions().length], [0, 0]);
    });
  }
}
