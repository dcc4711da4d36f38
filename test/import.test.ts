import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { contentSlice } from '../src/testing/origin-server/content.ts';
import { type OriginServer, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { untilHeld } from './support/journal.ts';
import { type Member, until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
const SIZE = 24 * MIB;
/** What is compared, what ends in a piece that is not whole, and what sockets hold. */
const SLACK = 4 * MIB;
const IMPORTED = /^imported \((\d+)% compared\)$/;

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A download of another program, ended at once when the origin has served so much. */
async function killedAt(
  t: TestContext,
  origin: OriginServer,
  bytes: number,
  [program, ...argv]: readonly [string, ...string[]],
): Promise<void> {
  origin.holdAfter(bytes);
  const child: ChildProcess = spawn(program, argv, { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await until(
    () => origin.servedBytes() >= bytes || child.exitCode !== null,
    () => `${program} brought only ${origin.servedBytes()} bytes`,
  );
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  origin.release();
}

/** A bare partial file as curl leaves it: so much from the beginning. */
async function bare(path: string, seed: string, bytes: number): Promise<string> {
  await writeFile(path, contentSlice(seed, 0, bytes));
  return path;
}

function fetched(origin: OriginServer, since: number): number {
  return origin.servedBytes() - since;
}

function parts(member: Member): string {
  return join(member.directory, 'file.bin.dragonload');
}

const ARIA2 = { skip: has('aria2c') ? false : 'aria2c is not installed' };
const CURL = { skip: has('curl') ? false : 'curl is not installed' };

test('what aria2 left when it was killed is gone on from with --import', ARIA2, async (t) => {
  const file = knownFile('aria2', SIZE);
  // Slow enough for it to save its control file a few times.
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: MIB });
  const stage = new Stage(t);
  const directory = stage.directory('ada');
  await killedAt(t, origin, SIZE / 2, [
    'aria2c',
    ...['-x4', '-s4', '-k1M', '--file-allocation=none', '--auto-save-interval=1', '--disk-cache=0'],
    ...[`--dir=${directory}`, origin.url()],
  ]);
  assert.ok(existsSync(join(directory, 'file.bin.aria2')), 'aria2 has left its control file');
  const before = origin.servedBytes();
  const args = ['--import', join(directory, 'file.bin.aria2')];
  const run = stage.get('ada', origin.url(), { args, connections: 2 });
  const { trust, path } = await run.finishes(file.sha256);
  assert.equal(basename(path), 'file.bin', run.describe('has another name'));
  assert.match(trust, IMPORTED);
  assert.match(run.log, /Going on from .*file\.bin\.aria2: \d+ bytes of it, \d+% compared with the origin/);
  const bytes = fetched(origin, before);
  assert.ok(bytes < SIZE, `${bytes} bytes were fetched again`);
  assert.ok(!existsSync(join(directory, 'file.bin.aria2')), 'nothing says that it is unfinished');
});

test('what has the names that aria2 gives is told of, and not believed in by itself', async (t) => {
  const file = knownFile('names', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const directory = stage.directory('ada');
  for (const name of ['file.bin', 'file.bin.aria2']) writeFileSync(join(directory, name), 'from elsewhere');
  const run = stage.get('ada', origin.url(), { connections: 2 });
  const { trust, path } = await run.finishes(file.sha256);
  assert.equal(basename(path), 'file (1).bin', 'what was there stays');
  assert.equal(trust, 'self-verified');
  assert.match(run.log, /To go on from what aria2 has left: --import /);
});

test('what curl left is gone on from with --import, and nothing of it is fetched again', CURL, async (t) => {
  const file = knownFile('curl', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 6 * MIB });
  const stage = new Stage(t);
  const leftover = join(stage.folder, 'disc.part');
  await killedAt(t, origin, SIZE / 2, ['curl', '-sS', '-o', leftover, origin.url()]);
  const left = statSync(leftover).size;
  const before = origin.servedBytes();
  const run = stage.get('ada', origin.url(), { args: ['--import', leftover], connections: 2 });
  const { trust } = await run.finishes(file.sha256);
  const compared = IMPORTED.exec(trust)?.[1];
  assert.ok(Number(compared) >= 1 && Number(compared) < 100, trust);
  const bytes = fetched(origin, before);
  assert.ok(bytes <= SIZE - left + SLACK, `${bytes} bytes were fetched, and ${left} were there`);
});

test('a bare partial file whose digest turns out right is publisher-verified like any other', async (t) => {
  const file = knownFile('verified', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const leftover = await bare(join(stage.folder, 'part'), 'verified', SIZE / 2);
  const args = ['--import', leftover, '--checksum', `sha256=${file.sha256}`];
  const { trust } = await stage.get('ada', origin.url(), { args }).finishes(file.sha256);
  assert.equal(trust, 'publisher-verified');
});

for (const [what, seed, bytes] of [
  ['of another file', 'another', SIZE / 2],
  ['longer than the file', 'right', SIZE + 1],
  ['empty', 'right', 0],
] as const) {
  test(`a leftover that is ${what} stays as it is, is told of, and the file is downloaded afresh`, async (t) => {
    const file = knownFile('right', SIZE);
    await using origin = await startOrigin({ files: { [PATH]: file } });
    const stage = new Stage(t);
    const leftover = await bare(join(stage.folder, 'leftover'), seed, bytes);
    const run = stage.get('ada', origin.url(), { args: ['--import', leftover], connections: 2 });
    const { trust } = await run.finishes(file.sha256);
    assert.equal(trust, 'self-verified');
    assert.match(run.log, /leftover is left as it is: /);
    assert.deepEqual(await readFile(leftover), Buffer.from(contentSlice(seed, 0, bytes)));
  });
}

test('a leftover that is not there is an error, or told of, and never a wrong file', async (t) => {
  const file = knownFile('right', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const args = ['--import', join(stage.folder, 'nothing')];
  const run = stage.get('ada', origin.url(), { args, connections: 2 });
  if ((await run.exit()) === 0) await run.finishes(file.sha256);
  assert.match(run.log, /nothing/);
});

test('a leftover of a file that the origin sends only from its beginning stays as it is', async (t) => {
  const file = knownFile('right', SIZE, { ranges: false });
  await using origin = await startOrigin({ files: { [PATH]: file } });
  const stage = new Stage(t);
  const leftover = await bare(join(stage.folder, 'leftover'), 'right', SIZE / 2);
  const run = stage.get('ada', origin.url(), { args: ['--import', leftover] });
  await run.finishes(file.sha256);
  assert.match(run.log, /leftover is left as it is: /);
  assert.equal(statSync(leftover).size, SIZE / 2);
});

test('one wrong byte in a leftover that no sample meets is found by the digest, and the file comes right', async (t) => {
  const file = knownFile('right', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 32 * MIB });
  const stage = new Stage(t);
  const wrong = Buffer.from(contentSlice('right', 0, SIZE / 2));
  wrong[5 * MIB + 17]! ^= 1;
  const leftover = join(stage.folder, 'leftover');
  await writeFile(leftover, wrong);
  const args = ['--import', leftover, '--checksum', `sha256=${file.sha256}`];
  const run = stage.get('ada', origin.url(), { args, connections: 2 });
  const code = await run.exit();
  // It may be found by a sample, healed, or refused in the end: it never gets the name of the file.
  if (code === 0) await run.finishes(file.sha256);
  else await run.fails('digest-mismatch');
});

test('what was imported is still called so after a kill in between', async (t) => {
  const file = knownFile('killed', SIZE);
  await using origin = await startOrigin({ files: { [PATH]: file }, ratePerConnection: 2 * MIB });
  const stage = new Stage(t);
  const leftover = await bare(join(stage.folder, 'leftover'), 'killed', SIZE / 2);
  const args = ['--import', leftover];
  origin.holdAfter(3 * MIB);
  const first = stage.get('ada', origin.url(), { args, connections: 2 });
  await untilHeld(stage, first, SIZE / 2 + 2 * MIB);
  await first.kill();
  origin.release();
  assert.ok(existsSync(parts(first)));
  const before = origin.servedBytes();
  const { trust } = await stage.get('ada', origin.url(), { connections: 2 }).finishes(file.sha256);
  assert.match(trust, IMPORTED);
  const bytes = fetched(origin, before);
  assert.ok(bytes <= SIZE / 2 + SLACK, `${bytes} bytes were fetched after the kill`);
});
