import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { type Member, until } from './support/members.ts';
import { Stage } from './support/stage.ts';
import { together } from './support/together.ts';

/** Begins when all of so many members ask, and holds after so many bytes: then somebody can leave. */
function gated(origin: OriginServer, members: number, bytes: number): void {
  origin.holdUntilAsked(members);
  origin.holdAfter(bytes);
}

/** Waits until the origin has given out so many bytes. */
async function served(origin: OriginServer, bytes: number, by: Member): Promise<void> {
  await until(
    () => origin.servedBytes() >= bytes,
    () => by.describe(`saw only ${origin.servedBytes()} of ${bytes} bytes served`),
  );
}

test('a member that is told to end says goodbye, keeps its part, and the others finish', async (t) => {
  const file = knownFile('goodbye', 12 * MIB);
  await using origin = await startOrigin({ files: { '/goodbye.bin': file }, ratePerConnection: 2 * MIB });
  gated(origin, 2, 6 * MIB);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const leaver = stage.join('bob', await host.invite());
  await served(origin, 6 * MIB, leaver);
  leaver.signal('SIGTERM');

  assert.equal(await leaver.exit(), 130, leaver.describe('was not interrupted'));
  assert.ok(existsSync(join(leaver.directory, 'goodbye.bin.dragonload')), 'the part file is kept');
  assert.match(leaver.log, /goes on from here/);
  assert.equal((await host.event('member', { change: 'left' })).name, 'bob');
  origin.release();
  await host.finishes(file.sha256);
  // What the leaver had fetched and not yet passed on is fetched again.
  assert.ok(origin.servedBytes() < 16 * MIB, `${origin.servedBytes()} bytes were served`);
});

test('a member is killed at half: the others finish', async (t) => {
  const file = knownFile('killed', 15 * MIB);
  await using origin = await startOrigin({ files: { '/killed.bin': file }, ratePerConnection: 2 * MIB });
  gated(origin, 3, 7.5 * MIB);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const invite = await host.invite();
  const victim = stage.join('bob', invite);
  const other = stage.join('cyd', invite);
  await served(origin, 7.5 * MIB, host);
  await victim.kill();
  origin.release();

  await Promise.all([host.finishes(file.sha256), other.finishes(file.sha256)]);
  await host.event('member', { change: 'left', name: 'bob' });
  await other.event('member', { change: 'left', name: 'bob' });
});

test('the host is killed at half: the others finish without it', async (t) => {
  const file = knownFile('headless', 15 * MIB);
  await using origin = await startOrigin({ files: { '/headless.bin': file }, ratePerConnection: 2 * MIB });
  gated(origin, 3, 7.5 * MIB);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const invite = await host.invite();
  const others = [stage.join('bob', invite), stage.join('cyd', invite)];
  await together(host, ...others);
  await served(origin, 7.5 * MIB, host);
  await host.kill();
  origin.release();

  const results = await Promise.all(others.map((member) => member.finishes(file.sha256)));
  for (const result of results) assert.ok(result.lanBytes > 0 && result.originBytes > 0);
});

test('the host is killed while one other is there: that one finishes alone', async (t) => {
  const file = knownFile('orphan', 10 * MIB);
  await using origin = await startOrigin({ files: { '/orphan.bin': file }, ratePerConnection: 2 * MIB });
  gated(origin, 2, 5 * MIB);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const other = stage.join('bob', await host.invite());
  await together(host, other);
  await served(origin, 5 * MIB, host);
  await host.kill();
  origin.release();

  await other.finishes(file.sha256);
});

test('a room survives everybody but one, whoever they are', async (t) => {
  const file = knownFile('last', 12 * MIB);
  await using origin = await startOrigin({ files: { '/last.bin': file }, ratePerConnection: 1.5 * MIB });
  gated(origin, 3, 4 * MIB);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const invite = await host.invite();
  const next = stage.join('bob', invite);
  const last = stage.join('cyd', invite);
  await together(host, next, last);
  await served(origin, 4 * MIB, host);
  await host.kill();
  origin.release();
  origin.holdAfter(2 * MIB);
  await served(origin, 6 * MIB, next);
  await next.kill();
  origin.release();

  await last.finishes(file.sha256);
});
