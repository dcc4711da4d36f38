import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { opened } from '../testing/app/dragonloads.ts';
import { type OriginServer, startOrigin } from '../testing/origin-server/origin-server.ts';
import { until } from '../testing/queue/queues.ts';

const MIB = 1024 * 1024;

function slowOrigin(): Promise<OriginServer> {
  return startOrigin({
    files: {
      '/a': { content: { seed: 'a', sizeBytes: 2 * MIB } },
      '/b': { content: { seed: 'b', sizeBytes: 5_000 } },
    },
  });
}

/** Alice has opened a room for a file whose bytes the origin holds back. */
async function hosted(t: TestContext, origin: OriginServer) {
  const alice = opened(t, undefined, { name: 'alice' });
  origin.hold();
  const room = await alice.dragonload.host([origin.url('/a')]);
  const invite = alice.events.find((event) => event.type === 'invite')?.link ?? '';
  return { alice, room, invite };
}

test('one opens a room, another joins it, and both have the file', async (t) => {
  await using origin = await slowOrigin();
  const { alice, room, invite } = await hosted(t, origin);
  const bob = opened(t, undefined, { name: 'bob', consent: async () => true });
  assert.equal(await bob.dragonload.join(invite), room);
  assert.deepEqual(
    [alice, bob].map(({ dragonload }) => dragonload.state.rooms.map(({ id, way }) => [id, way])),
    [[[room, 'host']], [[room, 'join']]],
  );
  origin.release();
  for (const { dragonload, home } of [alice, bob]) {
    await dragonload.finish();
    assert.ok(existsSync(join(home, 'a')));
  }
});

test('a room that is joined already is not joined again, nor is one of its own', async (t) => {
  await using origin = await slowOrigin();
  const { alice, invite } = await hosted(t, origin);
  const bob = opened(t, undefined, { name: 'bob', consent: async () => true });
  const first = bob.dragonload.join(invite);
  await assert.rejects(bob.dragonload.join(invite), { code: 'wrong-state' });
  await first;
  await assert.rejects(bob.dragonload.join(invite), { code: 'wrong-state' });
  await assert.rejects(alice.dragonload.join(invite), { code: 'wrong-state' });
  assert.equal(alice.events.filter(({ type }) => type === 'invite').length, 1);
});

test('who leaves a room keeps what has arrived, and leaves it once', async (t) => {
  await using origin = await slowOrigin();
  const { alice, room } = await hosted(t, origin);
  await until(() => existsSync(join(alice.home, 'a.dragonload')));
  await Promise.all([alice.dragonload.leave(room), alice.dragonload.leave(room)]);
  assert.ok(existsSync(join(alice.home, 'a.dragonload')));
  assert.equal(alice.dragonload.state.rooms[0]?.status, 'left');
  await assert.rejects(alice.dragonload.leave(room), { code: 'unknown-room' });
  await assert.rejects(alice.dragonload.leave('no such room'), { code: 'unknown-room' });
});

test('a room and a queue go on beside each other, and leaving the room is no failure', async (t) => {
  await using origin = await slowOrigin();
  const { alice, room } = await hosted(t, origin);
  const [id] = await alice.dragonload.add([origin.url('/b')]);
  await until(() => alice.events.some((event) => event.type === 'done' && event.result.id === id));
  await alice.dragonload.leave(room);
  assert.deepEqual(
    (await alice.dragonload.finish()).map((result) => result.id),
    [id],
  );
});

test('a download of a room is commanded directly, and to pause it is to leave', async (t) => {
  await using origin = await slowOrigin();
  const { alice, room } = await hosted(t, origin);
  await until(() => existsSync(join(alice.home, 'a.dragonload')));
  const [row] = alice.dragonload.downloads().list();
  assert.equal(await alice.dragonload.setLimit(row!.id, 64 * 1024), 'here');
  assert.equal(await alice.dragonload.pause(row!.id), 'here');
  await assert.rejects(alice.dragonload.finish(), { code: 'aborted' });
  await assert.rejects(alice.dragonload.leave(room), { code: 'wrong-state' });
});

test('a room for a file that is not there is not opened, and nothing of it stays', async (t) => {
  await using origin = await slowOrigin();
  const { dragonload } = opened(t);
  await assert.rejects(dragonload.host([origin.url('/missing')]), { code: 'origin-missing' });
  await assert.rejects(dragonload.host([]), { code: 'usage' });
  await assert.rejects(dragonload.join('no invite'), { code: 'bad-invite' });
  assert.deepEqual(dragonload.state.rooms, []);
  assert.deepEqual(await dragonload.finish(), []);
});

test('who closes Dragonload leaves the room', async (t) => {
  await using origin = await slowOrigin();
  const { alice, invite } = await hosted(t, origin);
  const bob = opened(t, undefined, { name: 'bob', consent: async () => true });
  await bob.dragonload.join(invite);
  await alice.dragonload[Symbol.asyncDispose]();
  await until(() => bob.events.some((event) => event.type === 'member' && event.change === 'left'));
  await assert.rejects(alice.dragonload.host([origin.url('/b')]), { code: 'wrong-state' });
});

test('a room that is being opened when all is closed is not opened', async (t) => {
  await using origin = await slowOrigin();
  const alice = opened(t);
  const hosting = assert.rejects(alice.dragonload.host([origin.url('/a')]), { code: 'aborted' });
  await alice.dragonload[Symbol.asyncDispose]();
  await hosting;
  assert.deepEqual(
    alice.events.filter(({ type }) => type === 'invite'),
    [],
  );
});

test('files that are here are shared by their paths, and whoever joins gets them', async (t) => {
  const alice = opened(t, undefined, { name: 'alice' });
  const path = join(alice.home, 'disc.iso');
  writeFileSync(path, 'not to be had anywhere else');
  const room = await alice.dragonload.share([path]);
  assert.equal(alice.dragonload.state.rooms[0]?.id, room);
  const invite = alice.events.find((event) => event.type === 'invite')?.link ?? '';
  const bob = opened(t, undefined, { name: 'bob', consent: async () => true });
  await bob.dragonload.join(invite);
  const [result] = await bob.dragonload.finish();
  assert.equal(readFileSync(result!.path, 'utf8'), 'not to be had anywhere else');
  assert.equal(result!.trust.kind, 'room-consistent');
  const missing = join(alice.home, 'none');
  await assert.rejects(opened(t).dragonload.share([missing]), { code: 'usage' });
});
