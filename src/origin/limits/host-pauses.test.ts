import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DragonloadError } from '../../core/errors.ts';
import { collect } from '../../testing/origin/collect.ts';
import { startOrigin } from '../../testing/origin-server/origin-server.ts';
import { Origin } from '../origin.ts';
import { type HostPaused, HostPauses } from './host-pauses.ts';

test('a pause holds for its host until it is over, and the longer one counts', () => {
  const pauses = new HostPauses();
  pauses.pause('a', 1000, 0);
  pauses.pause('a', 100, 0);
  assert.deepEqual([pauses.leftMs('a', 400), pauses.leftMs('a', 1000), pauses.leftMs('b', 0)], [600, 0, 0]);
});

test('pauses are forgotten when the network changes', () => {
  const pauses = new HostPauses();
  pauses.pause('a', 1000, 0);
  pauses.clear();
  assert.equal(pauses.leftMs('a', 0), 0);
});

test('any number of hosts needs little memory: what is over goes first, then the oldest', () => {
  const pauses = new HostPauses();
  pauses.pause('over', 10, 0);
  for (let i = 0; i < 3000; i++) pauses.pause(`host${i}`, 1000, 20);
  assert.equal(pauses.leftMs('host0', 20), 0);
  assert.equal(pauses.leftMs('host2999', 20), 1000);
  assert.equal(pauses.leftMs('over', 0), 0);
});

const FILE = { content: { seed: 'pauses', sizeBytes: 100_000 } };
const open = (url: string, pauses: HostPauses) =>
  new Origin(url, { allowPrivate: true, retryDelayMs: 1, pauses });

test('a host that asks one download for a pause is left alone by all', async () => {
  const busy = { ...FILE, faults: { status: 429, retryAfter: '60' } };
  await using server = await startOrigin({ files: { '/f': FILE, '/busy': busy } });
  const pauses = new HostPauses();
  await using first = open(server.url('/f'), pauses);
  await using second = open(server.url('/busy'), pauses);
  assert.equal((await collect(first, { start: 1, end: 5 })).outcome, 'complete');
  assert.equal((await collect(second, { start: 1, end: 5 })).outcome, 'busy');
  server.requests.length = 0;
  const { outcome, retryAfterMs, message } = await collect(first, { start: 1, end: 5 });
  assert.equal(outcome, 'busy');
  assert.ok(retryAfterMs! > 50_000 && retryAfterMs! <= 60_000);
  assert.match(message ?? '', /asked for a pause/);
  await assert.rejects(first.probe(), ({ code, message, retryAfterMs, cause }: DragonloadError) => {
    assert.deepEqual([code, retryAfterMs], ['origin-failed', (cause as HostPaused).leftMs]);
    assert.match(message, /asked for a pause/);
    return true;
  });
  assert.equal(server.requests.length, 0);
});

test('a pause is kept behind redirects too, and another host goes on', async () => {
  await using store = await startOrigin({
    host: '127.0.0.2',
    files: { '/busy': { ...FILE, faults: { status: 503, retryAfter: '60' } }, '/f': FILE },
  });
  await using server = await startOrigin({
    files: { '/f': FILE, '/away': { ...FILE, faults: { redirectTo: store.url('/f') } } },
  });
  const pauses = new HostPauses();
  await using busy = open(store.url('/busy'), pauses);
  await collect(busy, { start: 1, end: 5 });
  await using away = open(server.url('/away'), pauses);
  assert.equal((await collect(away, { start: 1, end: 5 })).outcome, 'busy');
  assert.equal(store.requests.length, 1);
  await using here = open(server.url('/f'), pauses);
  assert.equal((await collect(here, { start: 1, end: 5 })).outcome, 'complete');
});

test('without Retry-After nobody else waits, and a change of network ends all pauses', async () => {
  const pauses = new HostPauses();
  await using server = await startOrigin({
    files: {
      '/f': FILE,
      '/a': { ...FILE, faults: { status: 503 } },
      '/b': { ...FILE, faults: { status: 503, retryAfter: '60' } },
    },
  });
  await using busy = open(server.url('/a'), pauses);
  await using pausing = open(server.url('/b'), pauses);
  await using origin = open(server.url('/f'), pauses);
  assert.equal((await collect(busy, { start: 1, end: 5 })).outcome, 'busy');
  assert.equal((await collect(origin, { start: 1, end: 5 })).outcome, 'complete');
  assert.equal((await collect(pausing, { start: 1, end: 5 })).outcome, 'busy');
  assert.equal((await collect(origin, { start: 1, end: 5 })).outcome, 'busy');
  origin.networkChanged();
  assert.equal((await collect(origin, { start: 1, end: 5 })).outcome, 'complete');
});
