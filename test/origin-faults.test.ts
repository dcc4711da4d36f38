import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type OriginFaults, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const SIZE = 4 * MIB;
/** What only the host sends, where there is one. */
const HOST_HEADER = 'x-host';

const PASSING: readonly (readonly [what: string, faults: OriginFaults])[] = [
  ['is busy at first and asks for a pause', { status: 503, retryAfter: '1', times: 2 }],
  ['is busy in the middle and asks for a pause', { status: 429, retryAfter: '1', after: 2, times: 2 }],
  ['has an internal error twice', { status: 500, after: 1, times: 2 }],
  ['resets connections', { resetAfterBytes: 400_000, after: 1, times: 4 }],
  ['sends short bodies', { shortBody: 300_000, after: 1, times: 3 }],
  ['answers a range with the whole file now and then', { ignoreRange: true, after: 2, times: 1 }],
];

/** A host and a joiner whose first bodies the origin holds. `set`: what befalls the requests that come from now on. */
async function twoThatAsk(t: TestContext) {
  const file = knownFile('two', 2 * SIZE);
  const origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 2 * MIB });
  t.after(() => origin[Symbol.asyncDispose]());
  origin.hold();
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url(), { args: ['--header', `${HOST_HEADER}: 1`] });
  const joiner = stage.join('bob', await host.invite());
  await joiner.event('member', { change: 'joined' });
  await until(
    () => origin.active >= 2,
    () => `${host.describe('or bob does not ask the origin')}\n${joiner.describe('or ada does not')}`,
  );
  const set = (faults: OriginFaults) => origin.set('/file.bin', { ...file, faults }, { afresh: true });
  return { origin, file, host, joiner, set };
}

for (const [what, faults] of PASSING) {
  test(`an origin that ${what} costs time and nothing else`, async (t) => {
    const file = knownFile('passing', SIZE, { faults });
    await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 4 * MIB });
    await new Stage(t).get('ada', origin.url(), { connections: 2 }).finishes(file.sha256);
  });
}

test('an origin that stops sending to one of two members holds neither up', async (t) => {
  const { origin, file, host, joiner, set } = await twoThatAsk(t);
  set({ stallAfterBytes: 200_000, times: 1 });
  origin.release();
  const results = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);

  for (const { lanBytes } of results) assert.ok(lanBytes > 0, 'each got something from the other');
  const stalled = origin.requests.filter(
    ({ sent }) => sent !== undefined && sent.end - sent.start === 200_000,
  );
  assert.equal(stalled.length, 1, 'one answer stopped in the middle');
  const served = origin.servedBytes();
  assert.ok(served <= 1.1 * file.content.sizeBytes, `${served} bytes were served`);
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
  const { origin, file, host, joiner, set } = await twoThatAsk(t);
  set({ status: 403, only: { without: HOST_HEADER } });
  origin.release();
  const [, result] = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);

  const refused = origin.requests.filter(({ status }) => status === 403);
  assert.ok(refused.length > 0, 'it was refused');
  assert.ok(refused.length <= 3, `it asked again ${refused.length} times`);
  assert.ok(result.originBytes > 0, 'it had something from the origin before');
  assert.ok(result.originBytes <= SIZE, `${result.originBytes} bytes came from the origin all the same`);
  assert.equal(result.originBytes + result.lanBytes, 2 * SIZE);
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
