import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { freePort } from './support/free-port.ts';
import { until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const SIZE = 24 * MIB;
/** Tells the host from the others, who are asked by the room and show nothing of their users. */
const HOST_AGENT = 'the-host';

function servedTo(origin: OriginServer, isHost: boolean): number {
  return origin.requests
    .filter(({ headers }) => (headers['user-agent'] === HOST_AGENT) === isHost)
    .reduce((sum, { sent }) => sum + (sent === undefined ? 0 : sent.end - sent.start), 0);
}

test('when the origin of a room dies, all members go on with the mirror of the host', async (t) => {
  const file = knownFile('room', SIZE);
  const rates = { ratePerConnection: 2 * MIB };
  await using origin = await startOrigin({ files: { [PATH]: file }, ...rates });
  await using mirror = await startOrigin({ files: { [PATH]: { ...file, etag: '"another"' } }, ...rates });
  const stage = new Stage(t);
  const args = ['--mirror', mirror.url(), '--user-agent', HOST_AGENT];
  const host = stage.host('ada', origin.url(), { args });
  const joiner = stage.join('bob', await host.invite());
  await until(
    () => joiner.hasEnded || (servedTo(origin, false) >= 4 * MIB && origin.servedBytes() >= SIZE / 3),
    () => joiner.describe('brought nothing from the origin'),
  );
  await origin[Symbol.asyncDispose]();
  await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
  for (const isHost of [true, false]) {
    const bytes = servedTo(mirror, isHost);
    assert.ok(bytes >= MIB, (isHost ? host : joiner).describe(`had ${bytes} bytes from the mirror`));
  }
});

test('a room whose first address is dead from the start lives on the mirror of the host', async (t) => {
  const file = knownFile('dead first', SIZE);
  await using mirror = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const args = ['--mirror', mirror.url(), '--user-agent', HOST_AGENT];
  const host = stage.host('ada', `http://127.0.0.1:${await freePort()}${PATH}`, { args });
  const joiner = stage.join('bob', await host.invite());
  await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
  const bytes = servedTo(mirror, false);
  assert.ok(bytes >= MIB, `the other had ${bytes} bytes from the mirror`);
});

test('a mirror of the host that has another file harms nobody in the room', async (t) => {
  const file = knownFile('right', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 2 * MIB });
  await using mirror = await startOrigin({ files: { [PATH]: knownFile('wrong', SIZE) } });
  const stage = new Stage(t);
  const { port } = origin;
  const host = stage.host('ada', origin.url(), { args: ['--mirror', mirror.url()] });
  const joiner = stage.join('bob', await host.invite());
  await until(
    () => host.hasEnded || origin.servedBytes() >= SIZE / 3,
    () => host.describe('brought too little'),
  );
  await origin[Symbol.asyncDispose]();
  await host.until(() => host.log.includes('is not used any more'), 'the end of the mirror');
  assert.ok(host.log.includes(`127.0.0.1:${mirror.port}`), host.describe('does not name it'));
  for (const member of [host, joiner]) {
    await member.kill();
    assert.ok(!member.events.some(({ event }) => event === 'done'), member.describe('has some file'));
  }
  assert.ok(mirror.servedBytes() <= MIB, `${mirror.servedBytes()} bytes came from it`);
  await using back = await startOrigin({ port, files: { [PATH]: file }, ratePerConnection: 4 * MIB });
  const again = stage.host('ada', back.url());
  const other = stage.join('bob', await again.invite());
  await Promise.all([again.finishes(file.sha256), other.finishes(file.sha256)]);
});
