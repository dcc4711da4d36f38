import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type OriginFaults,
  type OriginServer,
  startOrigin,
} from '../src/testing/origin-server/origin-server.ts';
import { command } from './support/command.ts';
import { knownFile, MIB } from './support/file.ts';
import { type Member, until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const FRESH = '/fresh.bin';
const SIZE = 12 * MIB;
/** What sockets hold of a transfer that ends, and what is compared before a new link is used. */
const SLACK = 2 * MIB;
/** Only what is still open is asked for. */
const RATE = { ratePerConnection: 2 * MIB };

async function served(origin: OriginServer, bytes: number, by: Member): Promise<void> {
  await until(
    () => by.hasEnded || origin.servedBytes() >= bytes,
    () => by.describe(`saw only ${origin.servedBytes()} bytes served`),
  );
  assert.ok(!by.hasEnded, by.describe('ended too soon'));
}

function resumed(stage: Stage, id: string): Member {
  return stage.run('ada', ['resume', id, '--json', '--connections', '2']);
}

/** Redirects to a link that was made out a moment ago, and tells nobody who asks for it without one. */
function redirects(origin: OriginServer): number {
  return origin.requests.filter(({ path, status }) => path === PATH && status === 302).length;
}

test('a signed redirect that expires in the middle is resolved again, once for all connections', async (t) => {
  for (const expiredStatus of [401, 403, 410, 200]) {
    const file = knownFile('signed', SIZE, { faults: { signed: { expiredStatus } } });
    await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 512 * 1024 });
    const stage = new Stage(t);
    const run = stage.get(`ada${expiredStatus}`, origin.url(), { connections: 4 });
    await served(origin, 3 * MIB, run);
    const before = redirects(origin);
    const tokens = new Set(origin.requests.map(({ query }) => query));
    origin.expireLinks();
    origin.dropConnections();
    await run.finishes(file.sha256);
    assert.equal(redirects(origin) - before, 1, `resolved again, after ${expiredStatus}`);
    const fresh = origin.requests.filter(({ query }) => !tokens.has(query));
    assert.ok(
      new Set(fresh.map(({ clientPort }) => clientPort)).size > 1,
      'several connections use the new link',
    );
    assert.ok(origin.servedBytes() <= SIZE + SLACK, `${origin.servedBytes()} bytes were served in all`);
  }
});

/** A download whose link expires for good after a third. Returns the bytes that were served until then. */
async function expired(
  t: TestContext,
  faults: OriginFaults,
): Promise<{ stage: Stage; origin: OriginServer; run: Member; servedBytes: number; sha256: string }> {
  const file = knownFile('direct', SIZE);
  const origin = await startOrigin({ files: { [PATH]: file, [FRESH]: file }, ...RATE });
  t.after(() => origin[Symbol.asyncDispose]());
  const stage = new Stage(t);
  origin.holdAfter(SIZE / 3);
  const run = stage.get('ada', origin.url(PATH), { connections: 2 });
  await served(origin, SIZE / 3, run);
  origin.set(PATH, { ...file, faults }, { afresh: true });
  origin.dropConnections();
  origin.release();
  await run.fails('link-expired');
  return { stage, origin, run, servedBytes: origin.servedBytes(), sha256: file.sha256 };
}

for (const [what, faults] of [
  ['401', { status: 401 }],
  ['403', { status: 403 }],
  ['410', { status: 410 }],
  ['a login page', { loginPage: true }],
] as const) {
  test(`a direct link that answers ${what} in the middle has expired: with a fresh one no byte is lost`, async (t) => {
    const { stage, origin, run, servedBytes, sha256 } = await expired(t, faults);
    assert.equal(statSync(join(run.directory, 'file.bin.dragonload')).isFile(), true, 'the part is kept');
    const { stdout } = await command(stage, 'ada', 'ls', '--ids');
    const id = stdout.trim();
    assert.match(id, /^\d+$/);
    const told = await command(stage, 'ada', 'refresh', id, origin.url(FRESH));
    assert.equal(told.code, 0, told.stderr);
    const again = resumed(stage, id);
    await again.finishes(sha256);
    const fetched = origin.servedBytes() - servedBytes;
    assert.ok(fetched <= SIZE - SIZE / 3 + SLACK, `${fetched} bytes were fetched after ${servedBytes}`);
  });
}

for (const [what, more] of [
  ['another ETag', { etag: '"another"' }],
  ['another ETag and no date', { etag: '"another"', lastModified: null }],
  ['neither ETag nor date', { etag: null, lastModified: null }],
] as const) {
  test(`a fresh link whose file has ${what} goes on all the same, since its bytes are the same`, async (t) => {
    const { stage, origin, servedBytes, sha256 } = await expired(t, { status: 403 });
    origin.set(FRESH, { content: { seed: 'direct', sizeBytes: SIZE }, ...more });
    await command(stage, 'ada', 'refresh', '1', origin.url(FRESH));
    const again = resumed(stage, '1');
    await again.finishes(sha256);
    const fetched = origin.servedBytes() - servedBytes;
    assert.ok(fetched <= SIZE - SIZE / 3 + SLACK, `${fetched} bytes were fetched after ${servedBytes}`);
  });
}

test('a fresh link that leads to another file of the same size does not become part of this one', async (t) => {
  const { stage, origin, sha256 } = await expired(t, { status: 403 });
  const other = knownFile('other', SIZE, { etag: '"other"' });
  origin.set(FRESH, other);
  await command(stage, 'ada', 'refresh', '1', origin.url(FRESH));
  const again = resumed(stage, '1');
  const code = await again.exit();
  const done = again.events.find(({ event }) => event === 'done');
  assert.ok(
    code === 1 || done?.sha256 === other.sha256,
    again.describe('is neither failed nor the other file'),
  );
  assert.notEqual(done?.sha256, sha256);
});

test('a download that runs goes on at once with a fresh link', async (t) => {
  const file = knownFile('running', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file, [FRESH]: file }, ...RATE });
  const stage = new Stage(t);
  // Another one that is under way keeps the process alive.
  await using busy = await startOrigin({
    files: { '/busy.bin': knownFile('busy', 4 * MIB) },
    ratePerConnection: 64 * 1024,
  });
  const run = stage.start('ada', ['get', origin.url(PATH), busy.url()], { allowPrivate: false });
  await served(origin, SIZE / 3, run);
  origin.set(PATH, { ...file, faults: { status: 403 } }, { afresh: true });
  origin.dropConnections();
  await run.event('error', { code: 'link-expired' });
  const before = origin.servedBytes();
  const { code, stderr } = await command(stage, 'ada', 'refresh', '1', origin.url(FRESH));
  assert.equal(code, 0, stderr);
  const { sha256 } = await run.event('done');
  assert.equal(sha256, file.sha256);
  const fetched = origin.servedBytes() - before;
  assert.ok(fetched <= SIZE - SIZE / 3 + SLACK, run.describe(`fetched ${fetched} bytes after ${before}`));
});

test('in a room of three one member is given the fresh link, and all finish', async (t) => {
  const file = knownFile('room', SIZE);
  await using origin = await startOrigin({
    files: { [PATH]: file, [FRESH]: file },
    ratePerConnection: MIB,
  });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url(PATH));
  const invite = await host.invite();
  const joiners = ['bob', 'carol'].map((name) => stage.join(name, invite));
  const members = [host, ...joiners];
  for (const member of members) {
    await member.until(() => member.events.some(({ bytes = 0 }) => bytes > 0), 'its first bytes');
  }
  await served(origin, SIZE / 3, host);
  origin.set(PATH, { ...file, faults: { status: 403 } }, { afresh: true });
  origin.dropConnections();
  const turnedAway = () => origin.requests.filter(({ status }) => status === 403).length;
  await until(
    () => turnedAway() >= members.length || members.some(({ hasEnded }) => hasEnded),
    () => host.describe(`${turnedAway()} requests were turned away`),
  );
  const before = origin.servedBytes();
  const { stdout } = await command(stage, 'bob', 'ls', '--ids');
  const { code, stderr } = await command(stage, 'bob', 'refresh', stdout.trim(), origin.url(FRESH));
  assert.equal(code, 0, stderr);
  for (const member of members) await member.finishes(file.sha256);
  const fetched = origin.servedBytes() - before;
  assert.ok(fetched <= SIZE - SIZE / 3 + 2 * SLACK, `${fetched} bytes were fetched after ${before}`);
});
