import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startHost, startJoiner, startMember } from '../../testing/engine/rooms.ts';
import { contentSha256, contentSlice, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { homeDirectory } from '../../testing/queue/queues.ts';
import { joinRoom } from './join-way.ts';
import { listRoom } from './list-way.ts';

const SIZE_BYTES = 600_000;
const SHA256 = contentSha256('room', SIZE_BYTES);

function newOrigin(faults = {}) {
  return startOrigin({
    files: { '/disc.iso': { content: { seed: 'room', sizeBytes: SIZE_BYTES }, faults } },
  });
}

/** A TCP port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The path of a file that only this machine has. */
function newFile(t: TestContext, name = 'disc.iso'): string {
  const path = join(homeDirectory(t), name);
  writeFileSync(path, contentSlice('room', 0, SIZE_BYTES));
  return path;
}

test('a host that is done says that it stays for joiners, and one that comes then gets everything from it', async (t) => {
  const origin = await newOrigin();
  const host = startHost(t, [origin.url()]);
  const { result } = await host.event('done');
  assert.equal(result.sha256, SHA256);
  assert.equal((await host.event('waiting')).for, 'joiners');
  // Nobody could fetch any more.
  await origin[Symbol.asyncDispose]();
  const joiner = await startJoiner(t, host);
  const [got] = await joiner.room.finished;
  assert.deepEqual([got?.sha256, got?.lanBytes, got?.originBytes], [SHA256, SIZE_BYTES, 0]);
  assert.equal((await host.room.finished).length, 1, 'then it leaves');
});

test('a host that is told to leave does not wait for joiners', async (t) => {
  await using origin = await newOrigin();
  const host = startHost(t, [origin.url()], { leave: true });
  assert.equal((await host.room.finished)[0]?.sha256, SHA256);
  assert.ok(!host.events.some(({ type }) => type === 'waiting'));
});

test('nobody is invited for a file that is not there, whether at an origin or here', async (t) => {
  await using origin = await newOrigin();
  for (const [target, code] of [
    [origin.url('/none'), 'origin-missing'],
    [{ path: join(homeDirectory(t), 'none') }, 'usage'],
  ] as const) {
    const host = startHost(t, [target]);
    await assert.rejects(host.room.finished, { code });
    assert.ok(!host.events.some(({ type }) => type === 'invite'), code);
  }
});

test('of several targets one that is not there fails, and the others are had by those who join', async (t) => {
  const missing = { path: join(homeDirectory(t), 'none') };
  const host = startHost(t, [{ path: newFile(t) }, missing]);
  assert.equal((await host.event('error')).error.code, 'usage');
  const joiner = await startJoiner(t, host);
  assert.equal((await joiner.room.finished)[0]?.sha256, SHA256);
  await assert.rejects(host.room.finished, { code: 'usage' });
});

test('the name under which a file is offered is safe for those who join', async (t) => {
  const host = startHost(t, [{ path: newFile(t, 'a:b\u202Egpj.iso') }]);
  const joiner = await startJoiner(t, host);
  const [got] = await joiner.room.finished;
  assert.equal(got?.path.includes('\u202E'), false);
  assert.ok(got?.path.startsWith(joiner.home));
  assert.deepEqual(readFileSync(got!.path), contentSlice('room', 0, SIZE_BYTES));
});

test('a file that is shared again, under another name and in another room, is the same download', async (t) => {
  const first = startHost(t, [{ path: newFile(t) }], { stay: true });
  const joiner = await startJoiner(t, first);
  const [got] = await joiner.room.finished;
  await first.room.stop();
  const again = startHost(t, [{ path: newFile(t, 'copy.iso') }]);
  const { result } = await again.event('done');
  assert.equal(result.download, got?.download, 'it is known by its content');
});

test('an offer that is declined is not taken on, and says how to accept it', async (t) => {
  const host = startHost(t, [{ path: newFile(t) }], { stay: true });
  const joiner = await startJoiner(t, host, { consent: async () => false });
  await assert.rejects(joiner.room.finished, { code: 'needs-consent' });
  assert.equal(joiner.room.downloadCount, 0);
});

test('a joiner that the origin turns away gets the file from members, and is told', async (t) => {
  await using origin = await newOrigin({ only: { without: 'x-own' }, status: 403 });
  const own = { headers: [['x-own', 'yes']] as const };
  const host = startHost(t, [origin.url()], { request: own });
  const joiner = await startJoiner(t, host);
  const [got] = await joiner.room.finished;
  assert.deepEqual([got?.sha256, got?.originBytes], [SHA256, 0]);
  const notices = joiner.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
  assert.match(notices.join('\n'), /over the LAN/);
});

test('an invite that is none, and one to nobody, fail and leave nothing open', async (t) => {
  const bad = startMember(t, (options) => joinRoom('dragon://join/v1/x', options));
  await assert.rejects(bad.room.finished, { code: 'bad-invite' });
  const host = startHost(t, [{ path: newFile(t) }]);
  const { link } = await host.event('invite');
  await host.room.stop();
  const late = startMember(t, (options) => joinRoom(link, options));
  await assert.rejects(late.room.finished, { code: 'unreachable' });
});

test('users of one list download together without an invite, and leave when all of them are done', async (t) => {
  await using origin = await newOrigin();
  const users = await Promise.all(
    ['a', 'b', 'c'].map(async (id) => ({ id, host: '127.0.0.1', port: await freePort() })),
  );
  const secret = 'sixteen letters!';
  const members = users.map(({ id }) =>
    startMember(t, ({ consent: _, ...options }) => listRoom(origin.url(), users, id, { ...options, secret })),
  );
  for (const { room, home } of members) {
    const [result] = await room.finished;
    assert.deepEqual([result?.sha256, result?.path], [SHA256, join(home, 'disc.iso')]);
  }
});

test('a list in which a user is missing or twice, and a short secret, are wrong usage', () => {
  const users = [{ id: 'a', host: '127.0.0.1', port: 1 }];
  const wrong = { code: 'usage' };
  assert.throws(() => listRoom('http://a/', users, 'b', { secret: 'sixteen letters!' }), wrong);
  assert.throws(
    () => listRoom('http://a/', [...users, ...users], 'a', { secret: 'sixteen letters!' }),
    wrong,
  );
  assert.throws(() => listRoom('http://a/', users, 'a', { secret: 'fifteen letters' }), wrong);
});
