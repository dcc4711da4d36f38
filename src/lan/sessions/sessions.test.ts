import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { DragonloadError, type ErrorCode } from '../../core/errors.ts';
import type { Message } from '../../core/messages.ts';
import { ROOM, startMember, startPair } from '../../testing/lan/rooms.ts';
import { ephemeralIdentity } from '../identity/identity.ts';

const coordinate: Message = { type: 'coordinate', epoch: 1, seniority: 1 };

function code(expected: ErrorCode, says = /./) {
  return (error: unknown) =>
    error instanceof DragonloadError && error.code === expected && says.test(error.message);
}

test('two members of a room get a session that serves both ways', async () => {
  await using pair = await startPair({ name: 'Ann' }, { name: 'Bob' });
  const { a, b, session } = pair;
  assert.equal(session.peer, b.identity.id);
  assert.equal(session.name, 'Bob');
  assert.deepEqual(session.addresses, b.lan.addresses());
  assert.deepEqual(Buffer.from(session.certificate), Buffer.from(b.identity.certificate));
  assert.equal(b.ups[0]!.name, 'Ann');
  session.send(coordinate);
  b.ups[0]!.send({ type: 'bye' });
  await Promise.all([b.until(() => b.messages.length > 0), a.until(() => a.messages.length > 0)]);
  assert.deepEqual(b.messages, [coordinate]);
  assert.deepEqual(a.messages, [{ type: 'bye' }]);
});

test('what is sent before the end arrives, and both sides learn of the end once', async () => {
  await using pair = await startPair();
  const { a, b, session } = pair;
  for (let epoch = 0; epoch < 500; epoch++) session.send({ ...coordinate, epoch });
  session.close('enough');
  session.close('again');
  await b.until(() => b.downs.length > 0);
  assert.equal(b.messages.length, 500);
  assert.deepEqual(
    b.downs.map(({ kind }) => kind),
    ['left'],
  );
  assert.deepEqual(a.downs, [{ kind: 'closed', message: 'enough' }]);
});

test('a member that stops tells all others what it still has to say', async () => {
  await using pair = await startPair();
  const { a, b } = pair;
  b.ups[0]!.send({ type: 'bye' });
  await b.lan.close();
  await a.until(() => a.downs.length > 0);
  assert.deepEqual(a.messages, [{ type: 'bye' }]);
  assert.equal(a.downs[0]!.kind, 'left');
});

test('a wrong secret is refused, and said to be that', async () => {
  await using a = await startMember({ room: { ...ROOM, secret: 'x'.repeat(22) } });
  await using b = await startMember();
  await assert.rejects(a.lan.dial(b.lan.addresses()), code('wrong-secret'));
  assert.equal(b.ups.length, 0);
});

test('another room is refused, and said to be unknown', async () => {
  await using a = await startMember({ room: { ...ROOM, id: 'other' } });
  await using b = await startMember();
  await assert.rejects(a.lan.dial(b.lan.addresses()), code('unknown-room'));
  assert.equal(b.ups.length, 0);
});

test('whoever answers with another fingerprint than the expected hears nothing', async () => {
  await using a = await startMember();
  await using b = await startMember();
  await assert.rejects(
    a.lan.dial(b.lan.addresses(), { expect: ephemeralIdentity().id }),
    code('wrong-vault'),
  );
  assert.equal(b.ups.length, 0);
});

test('a member does not dial itself', async () => {
  await using a = await startMember();
  await assert.rejects(a.lan.dial(a.lan.addresses()), code('unreachable', /itself/));
});

test('an unreachable member is an error that names every address and why', async () => {
  await using a = await startMember();
  const gone = await startMember();
  const [address] = gone.lan.addresses();
  await gone.lan.close();
  await assert.rejects(
    a.lan.dial([address!, 'nonsense', '127.0.0.1:1']),
    code('unreachable', new RegExp(`${address} \\(refused\\), 127.0.0.1:1 \\(refused\\)`)),
  );
  await assert.rejects(a.lan.dial([]), code('unreachable', /no address/));
});

test('an address that takes connections and says nothing does not stop a dial', async () => {
  const mute = createServer();
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const connected = once(mute, 'connection');
  await using a = await startMember();
  await using b = await startMember();
  const { port } = mute.address() as { port: number };
  const session = await a.lan.dial([`127.0.0.1:${port}`, ...b.lan.addresses()], { expect: b.identity.id });
  assert.equal(session.peer, b.identity.id);
  // The attempt that hung was under way, and is given up.
  const [socket] = await connected;
  socket.resume();
  await once(socket, 'close');
  mute.close();
});

test('members that dial each other at the same time share one session', async () => {
  for (let round = 0; round < 10; round++) {
    await using a = await startMember();
    await using b = await startMember();
    const [x, y] = await Promise.all([
      a.lan.dial(b.lan.addresses(), { expect: b.identity.id }),
      b.lan.dial(a.lan.addresses(), { expect: a.identity.id }),
    ]);
    x.send({ ...coordinate, epoch: 1 });
    y.send({ ...coordinate, epoch: 2 });
    await Promise.all([a.until(() => a.messages.length > 0), b.until(() => b.messages.length > 0)]);
    assert.deepEqual([a.ups.length, b.ups.length, a.downs.length, b.downs.length], [1, 1, 0, 0]);
  }
});

test('a second dial gives the session there is', async () => {
  await using pair = await startPair();
  const { a, b, session } = pair;
  assert.equal(await a.lan.dial(b.lan.addresses()), session);
  assert.equal(await b.lan.dial(a.lan.addresses(), { expect: a.identity.id }), b.ups[0]);
  assert.equal(a.ups.length, 1);
});

test('a member that was restarted replaces the session of its former life', async () => {
  await using b = await startMember();
  const identity = ephemeralIdentity();
  await using before = await startMember({ identity });
  await before.lan.dial(b.lan.addresses());
  await using after = await startMember({ identity });
  await after.lan.dial(b.lan.addresses());
  await b.until(() => b.ups.length === 2);
  assert.deepEqual(
    b.downs.map(({ kind }) => kind),
    ['replaced'],
  );
  assert.equal(b.lan.sessions().length, 1);
});

test('a member that was shut out stays out', async () => {
  await using pair = await startPair();
  const { a, b } = pair;
  b.lan.ban(a.identity.id, 'it lied');
  await a.until(() => a.downs.length > 0);
  await assert.rejects(a.lan.dial(b.lan.addresses()), code('room-failed', /shut this member out/));
  await assert.rejects(b.lan.dial(a.lan.addresses()), code('bad-peer'));
});

test('an aborted dial rejects with the reason', async () => {
  await using a = await startMember();
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as { port: number };
  const controller = new AbortController();
  mute.on('connection', () => controller.abort(new Error('enough')));
  await assert.rejects(a.lan.dial([`127.0.0.1:${port}`], { signal: controller.signal }), /enough/);
  mute.close();
});

test('a busy port is an error with a next step, or another port when so asked', async () => {
  await using a = await startMember({ bindHost: '127.0.0.1' });
  const busy = { bindHost: '127.0.0.1', port: a.lan.port };
  await assert.rejects(
    startMember(busy),
    (error) => code('port-busy')(error) && (error as DragonloadError).next !== undefined,
  );
  await using other = await startMember({ ...busy, orAnyPort: true });
  assert.notEqual(other.lan.port, a.lan.port);
});

test('a member on all interfaces is reached over IPv4', async () => {
  await using a = await startMember();
  await using b = await startMember({ bindHost: '::' });
  const session = await a.lan.dial([`127.0.0.1:${b.lan.port}`]);
  assert.equal(session.peer, b.identity.id);
  assert.ok(session.addresses.length > 0);
});
