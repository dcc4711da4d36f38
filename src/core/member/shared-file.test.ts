import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHash } from '../../testing/member/fake-disk.ts';
import { type Actor, SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import { failureOf } from '../../testing/member/speech.ts';
import { contentName } from '../content-name.ts';
import type { PieceRecord } from '../messages.ts';

// A download that has no origin: one member shares a file that it has, and the others get all of it from members.

const SHA256 = 'ab'.repeat(32);
const OFFER = sampleOffer({ url: contentName(SHA256), checksum: `sha256:${SHA256}` });
const { download } = OFFER;
const NO_ORIGIN = { code: 'origin-missing', message: 'Nobody present has all of the file.' } as const;

/** A member takes the download on. Nobody can fetch it. */
function takeOn(world: SmallWorld, actor: Actor, held: readonly PieceRecord[] = []): void {
  world.tell(actor, { type: 'add-download', offer: OFFER, held, maxConnections: 4 });
  world.tell(actor, { type: 'probe-done', download, canFetch: false, reason: NO_ORIGIN });
}

/** A room of one member that has the whole file. */
function newSharing(): { readonly world: SmallWorld; readonly host: Actor } {
  const world = new SmallWorld(OFFER);
  const host = world.add('a', 1);
  host.disk.write(0, world.sizeBytes, 'good');
  const { geometry } = world;
  const held = Array.from({ length: geometry.pieceCount ?? 0 }, (_, piece): PieceRecord => {
    const sha256 = fakeHash(piece, geometry.bytesOf(piece));
    return { piece, sha256, signer: host.id, signature: new Uint8Array(64) };
  });
  takeOn(world, host, held);
  return { world, host };
}

/** Comes into the room and takes on what it offers. */
function join(world: SmallWorld, id: string, ...present: readonly Actor[]): Actor {
  const joiner = world.add(id);
  joiner.intercept = (command) => {
    if (command.type !== 'offered') return false;
    world.later(1, () => takeOn(world, joiner));
    return true;
  };
  for (const other of present) world.connect(other, joiner);
  return joiner;
}

test('whoever shares a file is done with it at once, and asks no origin', () => {
  const { world, host } = newSharing();
  assert.ok(world.finishes(1_000, host));
  assert.equal(failureOf(host), undefined);
});

test('members that come when the file is there already get all of it, and from each other too', () => {
  const { world, host } = newSharing();
  assert.ok(world.finishes(1_000, host));
  const b = join(world, 'b', host);
  const c = join(world, 'c', host, b);
  assert.ok(world.finishes(60_000, b, c));
  assert.equal(host.originBytes + b.originBytes + c.originBytes, 0);
  assert.equal(b.disk.read(0, world.sizeBytes), 'good');
});

test('when whoever shares it has gone before the others have it, they fail and say why', () => {
  const { world, host } = newSharing();
  assert.ok(world.finishes(1_000, host));
  const b = join(world, 'b', host);
  world.run(60_000, () => b.commands.some(({ type }) => type === 'pull'));
  world.disconnect(host, b);
  assert.ok(world.run(60_000, () => failureOf(b) !== undefined));
  assert.equal(failureOf(b), NO_ORIGIN);
});

test('members that have all of it between them go on when whoever shared it has gone', () => {
  const { world, host } = newSharing();
  assert.ok(world.finishes(1_000, host));
  const b = join(world, 'b', host);
  assert.ok(world.finishes(60_000, b));
  const c = join(world, 'c', b);
  world.disconnect(host, b);
  assert.ok(world.finishes(60_000, c));
});

test('an address that is named for it later is fetched from, and told to the others', () => {
  const { world, host } = newSharing();
  assert.ok(world.finishes(1_000, host));
  const b = join(world, 'b', host);
  const named = 'https://example.org/file';
  world.run(60_000, () => b.core.facts.offerOf(download) !== undefined);
  world.tell(host, { type: 'add-sources', download, urls: [named] });
  const isNamed = () => b.commands.some((command) => command.type === 'use-sources');
  assert.ok(world.run(60_000, isNamed));
});
