import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { places } from '../../disk/files/places.ts';
import { Store } from '../../store/store.ts';
import { startHost, startJoiner, type TestRoomMember } from '../../testing/engine/rooms.ts';
import { type OriginFile, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { until } from '../../testing/queue/queues.ts';

const SIZE_BYTES = 600_000;

function fileOf(seed: string, faults: OriginFile['faults'] = {}): OriginFile {
  return { content: { seed, sizeBytes: SIZE_BYTES }, faults };
}

/** The list of a member's user, as another process has it. */
function listOf(t: TestContext, member: TestRoomMember): Store {
  const store = Store.open(places(member.home).dataDir);
  t.after(() => store[Symbol.dispose]());
  return store;
}

/** The number of the only download that a member has, once it has one. */
async function only(member: TestRoomMember): Promise<number> {
  await until(() => [...member.room.downloads.ids()].length > 0);
  return [...member.room.downloads.ids()][0]!;
}

for (const kind of ['pause', 'remove'] as const) {
  test(`when another process asks to ${kind} a download, the member leaves its room, and keeps what there is`, async (t) => {
    await using origin = await startOrigin({ files: { '/a': fileOf('a') } });
    origin.hold();
    const host = startHost(t, [origin.url()]);
    const joiner = await startJoiner(t, host);
    await host.event('member');
    const list = listOf(t, host);
    const id = await only(host);
    await until(() => existsSync(join(host.home, 'a.dragonload')));
    assert.ok(list.request({ kind, download: id }));
    await assert.rejects(host.room.finished, { code: 'aborted' });
    assert.ok(existsSync(join(host.home, 'a.dragonload')));
    const row = list.get(id);
    assert.equal(row?.state, 'waiting');
    assert.ok(!row.isTaken);
    await until(() => joiner.events.some((event) => event.type === 'member' && event.change === 'left'));
  });
}

test('what a room does not offer is passed over, and what comes after it is heard', async (t) => {
  await using origin = await startOrigin({ files: { '/a': fileOf('a') } });
  origin.hold();
  const host = startHost(t, [origin.url()], { leave: true });
  const list = listOf(t, host);
  const download = await only(host);
  list.request({ kind: 'resume', download });
  list.request({ kind: 'priority', download, value: '7' });
  list.request({ kind: 'refresh', download, value: origin.url() });
  assert.match((await host.event('notice')).message, /^A fresh link: /);
  assert.ok(host.room.downloads.isInRoom(download));
  assert.equal(host.room.downloads.stateOf(download), 'running');
  origin.release();
  assert.equal((await host.room.finished).length, 1);
  assert.equal(list.get(download)?.state, 'done');
});

test('a download that has failed and goes on with a fresh link runs again, for the list too', async (t) => {
  // Whoever has looked at it finds another file when it is fetched.
  const content = { seed: 'other', sizeBytes: SIZE_BYTES + 1 };
  const changed = { after: 1, etag: '"other"', changedContent: content };
  await using origin = await startOrigin({
    files: { '/a': fileOf('a', changed), '/b': fileOf('b') },
  });
  origin.hold();
  const host = startHost(t, [origin.url('/a'), origin.url('/b')], { leave: true });
  const { id = 0 } = await host.event('error');
  const list = listOf(t, host);
  const { downloads } = host.room;
  assert.equal(downloads.stateOf(id), 'failed');
  await until(() => list.get(id)?.state === 'failed');
  origin.set('/fresh', fileOf('a'));
  downloads.refresh(id, origin.url('/fresh'));
  await until(() => downloads.stateOf(id) === 'running');
  assert.equal(list.get(id)?.state, 'running');
  origin.release();
  assert.equal((await host.room.finished).length, 2);
  assert.equal(list.get(id)?.state, 'done');
});
