import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmallWorld, sampleOffer } from '../../testing/member/small-world.ts';
import { asked, signersOf } from '../../testing/member/speech.ts';
import { MemberCore } from './member-core.ts';

test('a member alone fetches the file once and finishes', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  assert.equal(a.originBytes, world.sizeBytes);
});

test('two members fetch the file once between them and both finish', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  const b = world.add('b');
  world.open(a);
  world.connect(a, b);
  assert.ok(world.finishes(60_000, a, b));
  assert.equal(a.originBytes + b.originBytes, world.sizeBytes);
  assert.ok(b.originBytes > 0.2 * world.sizeBytes);
});

test('a file of unknown length is streamed by one member, and the others get it as it grows', () => {
  const world = new SmallWorld(
    sampleOffer({
      ranges: false,
      pieceBytes: 1 << 20,
      identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
    }),
    5_500_000,
  );
  const [a, b, c] = [world.add('a', 1), world.add('b'), world.add('c')];
  world.open(a);
  world.connect(a, b);
  world.connect(a, c);
  world.connect(b, c);
  assert.ok(world.finishes(60_000, a, b, c));
  assert.equal(a.originBytes + b.originBytes + c.originBytes, world.sizeBytes);
});

test('a piece that arrived in full before the member left is kept, and nothing more is asked for', () => {
  const core = new MemberCore({
    me: 'a',
    name: 'a',
    addresses: [],
    certificate: new Uint8Array(),
    room: undefined,
    seniority: 1,
    random: () => 0.5,
  });
  const offer = sampleOffer();
  const { download, pieceBytes } = offer;
  core.handle({ type: 'add-download', offer, held: [], maxConnections: 1 }, 0);
  core.handle({ type: 'probe-done', download, canFetch: true }, 0);
  const fetch = core.drain().find((command) => command.type === 'fetch');
  assert.ok(fetch);
  const { stream } = fetch;
  core.handle({ type: 'origin-bytes', download, stream, start: 0, end: pieceBytes }, 10);
  assert.ok(core.drain().some(({ type }) => type === 'hash'));

  core.handle({ type: 'leave' }, 20);
  core.drain();
  core.handle({ type: 'hashed', download, piece: 0, sha256: new Uint8Array(32).fill(7) }, 30);
  assert.deepEqual(
    core.drain().map(({ type }) => type),
    ['sign'],
  );
});

test('bytes that are told of only after the member has left are proven, kept and counted', () => {
  const core = new MemberCore({
    me: 'a',
    name: 'a',
    addresses: [],
    certificate: new Uint8Array(),
    room: undefined,
    seniority: 1,
    random: () => 0.5,
  });
  const offer = sampleOffer();
  const { download, pieceBytes } = offer;
  core.handle({ type: 'add-download', offer, held: [], maxConnections: 1 }, 0);
  core.handle({ type: 'probe-done', download, canFetch: true }, 0);
  const fetch = core.drain().find((command) => command.type === 'fetch');
  assert.ok(fetch);
  core.handle({ type: 'leave' }, 10);
  core.drain();

  core.handle({ type: 'origin-bytes', download, stream: fetch.stream, start: 0, end: pieceBytes }, 20);
  assert.deepEqual(
    core.drain().map(({ type }) => type),
    ['hash'],
  );
  core.handle({ type: 'hashed', download, piece: 0, sha256: new Uint8Array(32).fill(7) }, 30);
  const [sign] = core.drain();
  assert.ok(sign?.type === 'sign');
  const record = { piece: 0, sha256: sign.sha256, signer: 'a', signature: new Uint8Array(64) };
  core.handle({ type: 'kept', download, record }, 40);
  assert.equal(core.view(40).downloads[0]?.heldBytes, pieceBytes);
  assert.deepEqual(core.drain(), [], 'nothing is asked for or told any more');
});

test('a member that has just come, and has not heard of the download yet, is one that needs it', () => {
  const world = new SmallWorld();
  const [a, b] = [world.add('a', 1), world.add('b')];
  const idleMs = () => {
    const last = a.commands.findLast(({ type }) => type === 'needed' || type === 'not-needed');
    return last?.type === 'needed' ? world.nowMs - last.progressMs : undefined;
  };
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  assert.equal(idleMs(), undefined);
  // Nobody answers the question whether to take it on.
  b.intercept = ({ type }) => type === 'offered';
  world.connect(a, b);
  assert.equal(idleMs(), 0);
  world.run(30_000);
  assert.equal(idleMs(), 30_000);
  world.open(b);
  assert.ok(world.finishes(60_000, b));
  world.run(1_000);
  assert.equal(idleMs(), undefined);
});

test('nobody is served who is not in the room, nor anybody after the member has left', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  world.open(a);
  assert.ok(world.finishes(60_000, a));
  const range = { start: 0, end: 1000 };
  a.requests.set(1, { of: a, pull: 1 });
  world.tell(a, { type: 'serve-request', request: 1, peer: 'nobody', download: 'd0', ...range });
  assert.equal(a.commands.at(-1)?.type, 'refuse-serve');
  assert.ok(asked(world, a, range));
  world.tell(a, { type: 'leave' });
  assert.equal(asked(world, a, range), undefined);
  assert.equal(a.commands.at(-1)?.type, 'refuse-serve');
});

test('a file that is finished after the member has left is done', () => {
  const world = new SmallWorld();
  const a = world.add('a', 1);
  a.intercept = (command) => command.type === 'finish';
  world.open(a);
  assert.ok(world.run(60_000, () => a.commands.at(-1)?.type === 'finish'));
  world.tell(a, { type: 'leave' });
  world.tell(a, { type: 'finished', download: 'd0' });
  assert.deepEqual(signersOf(a), new Set(['a']));
});
