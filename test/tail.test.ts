import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const SIZE = 64 * MIB;
const CONNECTIONS = 8;
const RATE = 2 * MIB;
/** How many bytes may be fetched twice. */
const TWICE = 0.02 * SIZE;

for (const which of [1, 3, CONNECTIONS] as const) {
  test(`when connection ${which} of eight crawls, the others bring what it was to bring`, async (t) => {
    const crawl = { every: 1_000_000, from: which, bytesPerSecond: RATE / 100 };
    const file = knownFile('crawl', SIZE, { faults: { crawl } });
    await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: RATE });
    const member = new Stage(t).get('ada', origin.url(), { connections: CONNECTIONS });
    await member.finishes(file.sha256);
    assert.ok(origin.connections.count > which, 'there was no such connection');
    const twice = origin.servedBytes() - SIZE;
    assert.ok(twice <= TWICE, `${twice} bytes were fetched twice`);
    // The crawling one is told by its port: it brought next to nothing of what it was asked for.
    const byPort = new Map<number, number>();
    for (const { clientPort, sent } of origin.requests)
      byPort.set(
        clientPort,
        (byPort.get(clientPort) ?? 0) + (sent === undefined ? 0 : sent.end - sent.start),
      );
    const [slowest = 0] = [...byPort.values()].sort((a, b) => a - b);
    assert.ok(slowest <= SIZE / CONNECTIONS / 10, `the slowest connection brought ${slowest} bytes`);
    const rest = origin.servedBytes() - slowest;
    assert.ok(rest >= SIZE - SIZE / CONNECTIONS / 10, `the others brought ${rest} bytes`);
  });
}

test('when no connection crawls, next to nothing is fetched twice', async (t) => {
  const file = knownFile('even', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: RATE });
  await new Stage(t).get('ada', origin.url(), { connections: CONNECTIONS }).finishes(file.sha256);
  const twice = origin.servedBytes() - SIZE;
  assert.ok(twice <= TWICE, `${twice} bytes were fetched twice`);
});

test('in a room of two one crawling connection holds neither up', async (t) => {
  const crawl = { every: 1_000_000, from: 3, bytesPerSecond: RATE / 100 };
  const file = knownFile('room', SIZE / 2, { faults: { crawl } });
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: RATE });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url(), { connections: 4 });
  const joiner = stage.join('bob', await host.invite(), { connections: 4 });
  await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
  const byPort = new Map<number, number>();
  for (const { clientPort, sent } of origin.requests)
    byPort.set(clientPort, (byPort.get(clientPort) ?? 0) + (sent === undefined ? 0 : sent.end - sent.start));
  const [slowest = 0] = [...byPort.values()].sort((a, b) => a - b);
  assert.ok(slowest <= SIZE / 2 / CONNECTIONS / 10, `the slowest connection brought ${slowest} bytes`);
});
