import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type OriginFaults, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { Stage } from './support/stage.ts';

const SIZE = 4 * MIB;

const PASSING: readonly (readonly [what: string, faults: OriginFaults])[] = [
  ['is busy at first and asks for a pause', { status: 503, retryAfter: '1', times: 2 }],
  ['is busy in the middle and asks for a pause', { status: 429, retryAfter: '1', after: 2, times: 2 }],
  ['has an internal error twice', { status: 500, after: 1, times: 2 }],
  ['resets connections', { resetAfterBytes: 400_000, after: 1, times: 4 }],
  ['sends short bodies', { shortBody: 300_000, after: 1, times: 3 }],
  ['answers a range with the whole file now and then', { ignoreRange: true, after: 2, times: 1 }],
];

for (const [what, faults] of PASSING) {
  test(`an origin that ${what} costs time and nothing else`, async (t) => {
    const file = knownFile('passing', SIZE, { faults });
    await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 4 * MIB });
    await new Stage(t).get('ada', origin.url(), { connections: 2 }).finishes(file.sha256);
  });
}

test('an origin that stops sending to one of two members holds neither up', async (t) => {
  const file = knownFile('stall', 2 * SIZE, { faults: { stallAfterBytes: 200_000, after: 3, times: 1 } });
  await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite());
  await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
});

test('an origin that redirects in a circle is an error, and no loop', async (t) => {
  const file = knownFile('circle', SIZE, { faults: { redirectTo: '/file.bin' } });
  await using origin = await startOrigin({ files: { '/file.bin': file } });
  await new Stage(t).get('ada', origin.url()).fails('origin-failed');
});

for (const [status, code] of [
  [404, 'origin-missing'],
  [410, 'origin-missing'],
  [403, 'origin-refused'],
  [503, 'origin-failed'],
] as const) {
  test(`an origin that answers ${status} is the error ${code}, and nothing is left behind`, async (t) => {
    const file = knownFile('refused', SIZE, { faults: { status } });
    await using origin = await startOrigin({ files: { '/file.bin': file } });
    const member = new Stage(t).get('ada', origin.url());
    await member.fails(code);
    assert.deepEqual(readdirSync(member.directory), []);
  });
}

test('a host invites nobody to a file that is not there', async (t) => {
  await using origin = await startOrigin({ files: {} });
  const host = new Stage(t).host('ada', origin.url('/nothing.bin'));
  await host.fails('origin-missing');
  assert.ok(!host.events.some(({ event }) => event === 'invite'));
});

test('a file that changes on the way is not mixed: the download fails, and starts afresh when run again', async (t) => {
  const changedContent = { seed: 'after', sizeBytes: SIZE };
  const faults = { after: 2, etag: '"after"', changedContent };
  const file = knownFile('before', SIZE, { faults, lastModified: null });
  await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 4 * MIB });
  const stage = new Stage(t);
  const first = stage.get('ada', origin.url());
  await first.fails('origin-changed');
  assert.ok(existsSync(join(first.directory, 'file.bin.dragonload')), 'the part is kept');

  const after = knownFile('after', SIZE, { etag: '"after"' });
  origin.set('/file.bin', after);
  await stage.get('ada', origin.url()).finishes(after.sha256);
});

test('a member that the origin refuses in the middle gets the rest over the LAN', async (t) => {
  const file = knownFile('lan only', 2 * SIZE, { faults: { status: 403, after: 3, times: 1 } });
  await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const joiner = stage.join('bob', await host.invite());
  await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
});

test('a host name that does not exist is the error dns', async (t) => {
  await new Stage(t).get('ada', 'https://no-such-host.invalid/file.bin').fails('dns');
});

test('a server that is not there is an error that says so', async (t) => {
  const origin = await startOrigin({ files: {} });
  const url = origin.url('/file.bin');
  await origin[Symbol.asyncDispose]();
  const { message } = await new Stage(t).get('ada', url).fails('origin-failed');
  assert.match(message ?? '', /127\.0\.0\.1/);
});

test('a scheme that is not supported is wrong usage', async (t) => {
  for (const url of [
    'ftp://example.org/file.bin',
    'file:///etc/hosts',
    'magnet:?xt=urn:btih:00',
    'example',
  ]) {
    await new Stage(t).get('ada', url).fails('bad-url', 2);
  }
});

test('a file with another checksum than was asked for is not given its name', async (t) => {
  const file = knownFile('checksum', SIZE);
  await using origin = await startOrigin({ files: { '/file.bin': file } });
  const args = ['--checksum', `sha256=${'0'.repeat(64)}`];
  const member = new Stage(t).get('ada', origin.url(), { args });
  await member.fails('digest-mismatch');
  assert.deepEqual(readdirSync(member.directory), ['file.bin.dragonload']);
});
