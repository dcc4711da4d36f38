// A member that joins a room properly and then does it harm: node hostile-member.ts INVITE HARM SEED SIZE
// It knows the file (SEED and SIZE), so that what it announces can be made right or wrong at will. Runs until killed.
import { createHash, randomBytes } from 'node:crypto';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { Offer, PieceRecord } from '../../src/core/messages.ts';
import { type Frame, PeerService } from '../../src/gen/dragonload/v1/peer_pb.ts';
import { ephemeralIdentity } from '../../src/lan/identity/identity.ts';
import { signRecord } from '../../src/lan/identity/records.ts';
import { parseInvite } from '../../src/lan/invite.ts';
import { Lan, type ServedBytes, type ServeRequest, type Session } from '../../src/lan/lan.ts';
import { admissionKey, newNonce, PROTOCOL_VERSION, proofOf } from '../../src/lan/sessions/admission.ts';
import { SendQueue } from '../../src/lan/sessions/send-queue.ts';
import { frameOf } from '../../src/lan/wire/wire.ts';
import { contentSlice } from '../../src/testing/origin-server/content.ts';

/** What a hostile member does once it is in. */
export type Harm =
  /** Vouches for the right hashes and serves other bytes. */
  | 'wrong-bytes'
  /** Vouches for hashes that the file does not have, and serves bytes that fit them. */
  | 'wrong-hashes'
  /** Announces records with signatures that are none. */
  | 'forged-records'
  /** Announces pieces that the file does not have. */
  | 'no-such-pieces'
  /** Sends a message that breaks the rules of the protocol. */
  | 'broken-message'
  /** Sends a frame of more than 4 MiB. */
  | 'oversize-frame'
  /** Announces everything, and breaks off in the middle of each body. */
  | 'short-bodies'
  /** Announces everything, and refuses every request. */
  | 'refuses';

const [link = '', harm = '', seed = '', size = '0'] = process.argv.slice(2);
const sizeBytes = Number(size);
const invite = parseInvite(link);
const identity = ephemeralIdentity();
const said = new Set<string>();

function tell(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** The bytes of a piece, as this member claims that they are. */
function claimed(start: number, end: number): Buffer {
  return contentSlice(harm === 'wrong-hashes' ? `not ${seed}` : seed, start, end);
}

function recordOf(offer: Offer, piece: number): PieceRecord {
  const start = piece * offer.pieceBytes;
  const bytes = claimed(start, Math.min(start + offer.pieceBytes, sizeBytes));
  const sha256 = createHash('sha256').update(bytes).digest();
  const record = signRecord(identity, offer.download, offer.pieceBytes, piece, sha256);
  return harm === 'forged-records' ? { ...record, signature: randomBytes(64) } : record;
}

let offer: Offer | undefined;
let records: readonly PieceRecord[] = [];

function announce(session: Session): void {
  if (offer === undefined || said.has(session.peer)) return;
  said.add(session.peer);
  const { download, pieceBytes } = offer;
  const pieces = Math.ceil(sizeBytes / pieceBytes);
  records = Array.from({ length: pieces }, (_, piece) => recordOf(offer!, piece));
  const run =
    harm === 'no-such-pieces'
      ? { start: pieces, end: pieces + 3 }
      : harm === 'broken-message'
        ? { start: 3, end: 2 }
        : { start: 0, end: pieces };
  session.send({ type: 'have', download, runs: [run], records: harm === 'no-such-pieces' ? [] : records });
}

function serve({ start, end }: ServeRequest): ServedBytes | undefined {
  if (offer === undefined || harm === 'refuses') return undefined;
  const { pieceBytes } = offer;
  const middle = (start + end) / 2;
  return {
    records: records.slice(Math.floor(start / pieceBytes), Math.ceil(end / pieceBytes)),
    read: async (target, offset) => {
      if (harm === 'short-bodies' && offset + target.length > middle) throw new Error('no more');
      const bytes =
        harm === 'wrong-bytes' ? randomBytes(target.length) : claimed(offset, offset + target.length);
      target.set(bytes);
    },
  };
}

async function join(): Promise<void> {
  const lan = await Lan.start({
    identity,
    port: 0,
    room: { id: invite.room, secret: invite.secret },
    name: 'mallory',
    serve,
    onPeerUp: (session) => {
      tell({ event: 'up', id: session.peer });
      announce(session);
    },
    onMessage: (session, message) => {
      if (message.type === 'offer') offer = message;
      announce(session);
    },
    onPeerDown: (session, end) => tell({ event: 'down', id: session.peer, message: end.kind }),
  });
  // Whoever says nothing is soon given up.
  setInterval(() => {
    for (const session of lan.sessions()) session.send({ type: 'status', downloads: [] });
  }, 500);
  await lan.dial(invite.addresses, { expect: invite.vault });
}

/** By another gRPC client: this project's own would not send such a frame. */
async function joinBySomethingElse(): Promise<void> {
  const transport = createGrpcTransport({
    baseUrl: `https://${invite.addresses[0]}`,
    nodeOptions: { cert: identity.certPem, key: identity.keyPem, rejectUnauthorized: false },
    acceptCompression: [],
  });
  const outbox = new SendQueue();
  const incoming = createClient(PeerService, transport).session(outbox)[Symbol.asyncIterator]();
  const receive = async () => (await incoming.next()).value as Frame | undefined;
  const diallerNonce = newNonce();
  const instance = randomBytes(16);
  const hello = { protocolVersion: PROTOCOL_VERSION, room: invite.room, nonce: diallerNonce, instance };
  outbox.push(frameOf({ case: 'hello', value: hello }));
  const challenge = await receive();
  if (challenge?.kind.case !== 'challenge') throw new Error('no challenge');
  const acceptorNonce = challenge.kind.value.nonce;
  const facts = { dialler: identity.id, acceptor: invite.vault, diallerNonce, acceptorNonce };
  const mac = proofOf(admissionKey(invite.room, invite.secret), 'dialler', facts);
  outbox.push(frameOf({ case: 'proof', value: { mac, name: 'mallory', addresses: [] } }));
  await receive();
  tell({ event: 'up', id: invite.vault });
  outbox.push(frameOf({ case: 'offer', value: { url: 'x'.repeat(5 << 20) } }));
  try {
    while ((await receive()) !== undefined);
  } catch {}
  tell({ event: 'down', id: invite.vault });
}

await (harm === 'oversize-frame' ? joinBySomethingElse() : join());
