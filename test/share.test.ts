import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { contentSlice } from '../src/testing/origin-server/content.ts';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { type KnownFile, knownFile, MIB } from './support/file.ts';
import { Stage } from './support/stage.ts';

/** Puts a file into a member's directory, as if it had been there for long. Its path. */
function put(stage: Stage, member: string, name: string, { content }: KnownFile): string {
  const path = join(stage.directory(member), name);
  writeFileSync(path, contentSlice(content.seed, 0, content.sizeBytes));
  return path;
}

test('files that are here are shared without an origin: joiners get all of them from members', async (t) => {
  const [one, two] = [knownFile('shared one', 6 * MIB), knownFile('shared two', 2 * MIB + 7)];
  const stage = new Stage(t);
  const path = put(stage, 'ada', 'one.iso', one);
  put(stage, 'ada', 'two.iso', two);
  const before = statSync(path, { bigint: true });
  const host = stage.host('ada', path, { args: ['two.iso', '--stay'] });
  const joiners = ['bob', 'cyd'].map(async (name) => stage.join(name, await host.invite()));
  for (const joiner of await Promise.all(joiners)) {
    assert.equal(await joiner.exit(), 0, joiner.describe('did not get the files'));
    for (const { sha256 } of [one, two]) {
      const { trust, originBytes } = await joiner.event('done', { sha256 });
      assert.deepEqual([trust, originBytes], ['room-consistent (0% audited)', 0]);
    }
    assert.deepEqual(readdirSync(joiner.directory).sort(), ['one.iso', 'two.iso']);
  }
  host.signal('SIGTERM');
  assert.equal(await host.exit(), 0, host.describe('was done before it was stopped'));
  const { mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true });
  assert.deepEqual([mtimeNs, ctimeNs, ino], [before.mtimeNs, before.ctimeNs, before.ino], 'left as it was');
  assert.deepEqual(readdirSync(host.directory).sort(), ['one.iso', 'two.iso']);
});

test('a URL whose finished file is here is shared without fetching it again', async (t) => {
  const file = knownFile('fetched before', 6 * MIB);
  await using origin = await startOrigin({ files: { '/disc.iso': file } });
  const stage = new Stage(t);
  const url = origin.url('/disc.iso');
  await stage.get('ada', url, { allowPrivate: true }).finishes(file.sha256);
  const served = origin.servedBytes();

  const host = stage.host('ada', url);
  const joiner = stage.join('bob', await host.invite());
  const [shared, got] = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
  assert.deepEqual([shared.originBytes, shared.path], [0, join(host.directory, 'disc.iso')]);
  assert.equal(shared.trust, 'self-verified', 'as it was when it was downloaded');
  assert.equal(got.lanBytes, 6 * MIB);
  assert.ok(origin.servedBytes() - served <= 1024, 'nobody did more than look at the file');
});

test('a file that is changed while it is shared is not served any more, and the host says so', async (t) => {
  const file = knownFile('to be changed', 4 * MIB);
  const stage = new Stage(t);
  const path = put(stage, 'ada', 'disc.iso', file);
  const host = stage.host('ada', path);
  await host.has(file.sha256);
  writeFileSync(path, 'something else');
  const joiner = stage.join('bob', await host.invite());
  await host.fails('origin-changed');
  await joiner.fails('origin-missing');
  assert.ok(!joiner.events.some(({ event }) => event === 'done'));
});

test('what is no file cannot be shared, and a wrong digest is told before anybody is invited', async (t) => {
  const stage = new Stage(t);
  await stage.host('ada', './none.iso').fails('usage', 2);
  await stage.host('ada', '.').fails('usage', 2);
  const path = put(stage, 'ada', 'disc.iso', knownFile('right', 1000));
  const wrong = stage.host('ada', path, { args: ['--checksum', `sha256=${'00'.repeat(32)}`] });
  await wrong.fails('digest-mismatch');
  assert.ok(!wrong.events.some(({ event }) => event === 'invite'));
});
