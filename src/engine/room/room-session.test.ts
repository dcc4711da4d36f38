import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { DragonloadError } from '../../core/errors.ts';
import { Geometry } from '../../core/geometry.ts';
import type { Offer, PieceRecord } from '../../core/messages.ts';
import { signRecord } from '../../lan/identity/records.ts';
import {
  assertSameBytes,
  bytesOf,
  fill,
  openPart,
  recordOf,
  temporaryDirectory,
} from '../../testing/disk/parts.ts';
import { openPeer, openPeers, type Peer } from '../../testing/engine/room-peers.ts';
import { DOWNLOAD } from '../../testing/lan/rooms.ts';

const PIECE = 256 * 1024;
const CONTENT = bytesOf(4 * PIECE);
const OFFER: Offer = {
  type: 'offer',
  download: DOWNLOAD,
  url: 'http://origin.test/file.bin',
  fileName: 'file.bin',
  pieceBytes: PIECE,
  ranges: true,
  identity: { sizeBytes: CONTENT.length, etag: undefined, lastModified: undefined },
  checksum: undefined,
  order: 0,
};

/** The host offers the download, of which it holds what these records say; the joiner has heard of it. */
async function offered(alice: Peer, bob: Peer, held: readonly PieceRecord[] = []): Promise<void> {
  alice.driver.add({ offer: OFFER, held, maxConnections: 1 });
  await bob.message(({ type }) => type === 'offer');
}

function trueDigest(piece: number): Uint8Array {
  return recordOf(CONTENT, new Geometry(CONTENT.length, PIECE), piece).sha256;
}

/** A record of a piece with its true hash, signed by this peer. */
function signedBy(peer: Peer, piece: number): PieceRecord {
  return signRecord(peer.identity, DOWNLOAD, PIECE, piece, trueDigest(piece));
}

function vouch(from: Peer, to: Peer, record: PieceRecord): void {
  const runs = [{ start: record.piece, end: record.piece + 1 }];
  from.say(to, { type: 'have', download: DOWNLOAD, runs, records: [record] });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? address!.port : 0;
}

/** What is told of a member that was dropped. */
async function dropped(by: Peer): Promise<DragonloadError | undefined> {
  const event = await by.told.first(({ type }) => type === 'error');
  return event.type === 'error' ? event.error : undefined;
}

test('messages go both ways, and each core hears who is there', async (t) => {
  const { alice, bob } = await openPeers(t);
  alice.say(bob, { type: 'fragment', download: DOWNLOAD, start: 1, end: 2 });
  bob.say(alice, { type: 'fragment', download: DOWNLOAD, start: 3, end: 4 });
  assert.deepEqual(
    await Promise.all([alice, bob].map((peer) => peer.message(({ type }) => type === 'fragment'))),
    [
      { type: 'fragment', download: DOWNLOAD, start: 3, end: 4 },
      { type: 'fragment', download: DOWNLOAD, start: 1, end: 2 },
    ],
  );
  assert.equal(bob.driver.facts.certificateOf(alice.identity.id)?.length, alice.identity.certificate.length);
});

test('a record that a member has signed for itself is heard, and believed', async (t) => {
  const { alice, bob } = await openPeers(t);
  await offered(alice, bob);
  vouch(bob, alice, signedBy(bob, 2));
  await alice.message((message) => message.type === 'have' && message.records.length > 0);
  assert.equal(alice.driver.facts.recordOf(DOWNLOAD, 2)?.signer, bob.identity.id);
  assert.deepEqual(alice.told.all, []);
});

for (const [what, make] of [
  ['with a forged signature', (_, bob) => ({ ...signedBy(bob, 2), signature: new Uint8Array(64).fill(9) })],
  ['that was signed for another piece', (_, bob) => ({ ...signedBy(bob, 2), piece: 3 })],
  ['that another member has signed', (alice) => signedBy(alice, 2)],
] as readonly (readonly [what: string, make: (alice: Peer, bob: Peer) => PieceRecord])[]) {
  test(`a member that vouches with a record ${what} is dropped, named, and not let in again`, async (t) => {
    const { alice, bob } = await openPeers(t);
    await offered(alice, bob);
    vouch(bob, alice, make(alice, bob));
    const error = await dropped(alice);
    assert.equal(error?.code, 'bad-peer');
    assert.equal(error?.message, 'bob was dropped: it sent a record with a wrong signature.');
    await bob.events.first(({ type }) => type === 'peer-down');
    assert.deepEqual(alice.comings(), ['peer-up', 'peer-down']);
    assert.equal(alice.driver.facts.recordOf(DOWNLOAD, 2), undefined);
    await assert.rejects(bob.dial(alice), /has shut this member out/);
  });
}

test('before a download was offered its records are left aside, and nobody is dropped for them', async (t) => {
  const { alice, bob } = await openPeers(t);
  vouch(bob, alice, { ...signedBy(bob, 2), signature: new Uint8Array(64) });
  const heard = await alice.message(({ type }) => type === 'have');
  assert.deepEqual(heard?.type === 'have' && heard.records, []);
  assert.deepEqual(alice.told.all, []);
});

test('who leaves is told of, and so is who comes back', async (t) => {
  const { alice, bob } = await openPeers(t);
  await bob.session[Symbol.asyncDispose]();
  await alice.events.first(({ type }) => type === 'peer-down');
  const again = await openPeer(t, { identity: bob.identity });
  await again.dial(alice);
  await alice.events.until(() => alice.comings().length === 3);
  assert.deepEqual(alice.comings(), ['peer-up', 'peer-down', 'peer-up']);
});

test('a member that begins anew takes the place of its old session', async (t) => {
  const { alice, bob } = await openPeers(t);
  const again = await openPeer(t, { identity: bob.identity });
  await again.dial(alice);
  await bob.events.first(({ type }) => type === 'peer-down');
  alice.say(again, { type: 'fragment', download: DOWNLOAD, start: 1, end: 2 });
  await again.message(({ type }) => type === 'fragment');
  bob.say(alice, { type: 'fragment', download: DOWNLOAD, start: 3, end: 4 });
  again.say(alice, { type: 'fragment', download: DOWNLOAD, start: 5, end: 6 });
  const heard = await alice.message(({ type }) => type === 'fragment');
  assert.deepEqual(heard, { type: 'fragment', download: DOWNLOAD, start: 5, end: 6 });
  assert.deepEqual(alice.comings(), ['peer-up', 'peer-down', 'peer-up']);
});

test('a member is given the pieces that the core holds, with their records, and no others', async (t) => {
  const part = await openPart(t, await temporaryDirectory(t), CONTENT, {
    geometry: new Geometry(CONTENT.length, PIECE),
  });
  await fill(part, CONTENT);
  const { geometry } = part;
  const file = { geometry, read: (target: Uint8Array, at: number) => part.read(target, at) };
  const fileOf = (download: string) => (download === DOWNLOAD ? file : undefined);
  const { alice, bob } = await openPeers(t, { fileOf });
  await offered(alice, bob, [signedBy(alice, 0), signedBy(alice, 1)]);
  const pull = async (download: string, start: number, end: number) => {
    const [chunks, records] = [[] as Buffer[], [] as PieceRecord[]];
    const { outcome } = await bob.session.pull({
      peer: alice.identity.id,
      download,
      start,
      end,
      onChunk: (chunk) => void chunks.push(Buffer.from(chunk)),
      onRecords: (some) => void records.push(...some),
      signal: new AbortController().signal,
    });
    return { outcome, bytes: Buffer.concat(chunks), pieces: records.map(({ piece }) => piece) };
  };
  const { outcome, bytes, pieces } = await pull(DOWNLOAD, 0, 2 * PIECE);
  assert.equal(outcome, 'complete');
  assertSameBytes(bytes, CONTENT.subarray(0, 2 * PIECE));
  assert.deepEqual(pieces, [0, 1]);
  const served = await alice.events.first(({ type }) => type === 'served');
  assert.deepEqual(served, { type: 'served', request: 1, bytes: 2 * PIECE });
  for (const [download, start, end] of [
    [DOWNLOAD, PIECE, 3 * PIECE],
    [DOWNLOAD, 2 * PIECE, 3 * PIECE],
    [DOWNLOAD, 4 * PIECE, 5 * PIECE],
    ['f'.repeat(32), 0, PIECE],
  ] as const) {
    const refused = await pull(download, start, end);
    assert.equal(refused.outcome, 'refused');
    assert.equal(refused.bytes.length, 0);
  }
});

test('a port that is taken is busy', async (t) => {
  const alice = await openPeer(t);
  await assert.rejects(openPeer(t, { port: alice.port }), { code: 'port-busy' });
});

test('a session that is given up while it opens does not keep its port', async (t) => {
  const port = await freePort();
  const ending = new AbortController();
  const opening = openPeer(t, { port, signal: ending.signal });
  ending.abort();
  await assert.rejects(opening, { name: 'AbortError' });
  assert.equal((await openPeer(t, { port })).port, port);
});
