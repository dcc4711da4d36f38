import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { freePort } from './support/free-port.ts';
import { inherited, PATIENCE_MS, sha256Of } from './support/members.ts';
import { Stage } from './support/stage.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');

/** Runs an example to its end and returns what it printed. Rejects with that when it fails. */
async function run(name: string, argv: readonly string[], cwd: string, environment = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(EXAMPLES, name), ...argv], {
    cwd,
    env: { ...inherited(), DRAGONLOAD_HOME: join(cwd, 'home'), ...environment },
    timeout: PATIENCE_MS,
  });
  return stdout;
}

test('examples/get.ts downloads a file', async (t) => {
  const file = knownFile('get', 2 * MIB);
  await using origin = await startOrigin({ files: { '/example.bin': file }, ratePerConnection: 2 * MIB });
  const directory = new Stage(t).directory('alice');
  const said = await run('get.ts', [origin.url()], directory);
  assert.equal(await sha256Of(join(directory, 'example.bin')), file.sha256);
  assert.match(said, /example\.bin: \d+ of 2097152 bytes/);
  assert.match(said, new RegExp(`sha256 ${file.sha256}, self-verified`));
});

test('examples/host-and-join.ts shares a download between two members', async (t) => {
  const file = knownFile('host and join', 4 * MIB);
  await using origin = await startOrigin({ files: { '/example.bin': file }, ratePerConnection: MIB });
  const directory = new Stage(t).directory('both');
  const said = await run('host-and-join.ts', [origin.url()], directory);
  for (const name of ['alice', 'bob']) {
    assert.equal(await sha256Of(join(directory, name, 'example.bin')), file.sha256);
    assert.match(
      said,
      new RegExp(`${name}: saved .*, [1-9]\\d* bytes from the origin and [1-9]\\d* from the other`),
    );
  }
  assert.match(said, /alice: dragon:\/\/join\//);
  assert.match(said, /alice: bob joined/);
});

test('examples/static-list.ts shares a download between the users of a list', async (t) => {
  const file = knownFile('static list', 6 * MIB);
  await using origin = await startOrigin({ files: { '/example.bin': file }, ratePerConnection: MIB });
  const stage = new Stage(t);
  const ports = [await freePort(), await freePort()];
  const list = ports.map((port, index) => `${index + 1}=127.0.0.1:${port}`);
  const SECRET = 'nobody else knows this';
  const runs = ['1', '2'].map(async (id) => {
    const directory = stage.directory(`user ${id}`);
    const said = await run('static-list.ts', [origin.url(), id, ...list], directory, { SECRET });
    assert.equal(await sha256Of(join(directory, 'example.bin')), file.sha256);
    assert.match(said, /saved .*, [1-9]\d* bytes from the origin and [1-9]\d* from the others/);
  });
  await Promise.all(runs);
});

test('examples/queue.ts downloads several files, and lets the first one wait', async (t) => {
  const files = { '/a.bin': knownFile('queue a', 2 * MIB), '/b.bin': knownFile('queue b', 2 * MIB) };
  await using origin = await startOrigin({ files });
  const directory = new Stage(t).directory('alice');
  const said = await run('queue.ts', [directory, origin.url('/a.bin'), origin.url('/b.bin')], directory);
  for (const [path, { sha256 }] of Object.entries(files))
    assert.equal(await sha256Of(join(directory, path)), sha256);
  assert.match(said, /1 a\.bin: paused, \d+ bytes/);
  assert.match(said, /1 saved .*a\.bin\n2 saved .*b\.bin\n$/);
});

test('an example without arguments says how it is used', async (t) => {
  const directory = new Stage(t).directory('nobody');
  for (const name of ['get.ts', 'host-and-join.ts', 'static-list.ts', 'queue.ts'])
    await assert.rejects(run(name, [], directory), /usage: /);
});
