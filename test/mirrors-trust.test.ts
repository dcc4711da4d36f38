import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type OriginFaults, startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { until } from './support/members.ts';
import { Stage } from './support/stage.ts';

const PATH = '/file.bin';
/** Mirrors are used beside the first address. */
const SIZE = 32 * MIB;
/** What streams that end early leave in the buffers of the kernel, and the pieces at the edges of what is fetched again. */
const SLACK = 4 * MIB;
/** A mirror that means harm: what is compared before it is believed is as it should be. */
const TURNS_WRONG: OriginFaults = {
  changedContent: { seed: 'wrong', sizeBytes: SIZE },
  only: { longerThan: 64 * 1024 },
};

/** Two addresses of one file, of which the second sends what its faults make of it. */
async function two(t: TestContext, faults: OriginFaults = {}) {
  const file = knownFile('right', SIZE);
  const rates = { ratePerConnection: 4 * MIB };
  const first = await startOrigin({ files: { [PATH]: file }, ...rates });
  const mirror = await startOrigin({ files: { [PATH]: { ...file, faults } }, ...rates });
  t.after(() => Promise.all([first[Symbol.asyncDispose](), mirror[Symbol.asyncDispose]()]));
  const stage = new Stage(t);
  const run = (...args: string[]) =>
    stage.get('ada', first.url(), { connections: 4, args: ['--mirror', mirror.url(), ...args] });
  return { file, first, mirror, run };
}

test('of a file that came in part from a mirror the result says that samples were compared, and no more', async (t) => {
  const { file, mirror, run } = await two(t);
  const { trust } = await run().finishes(file.sha256);
  assert.ok(mirror.servedBytes() > 2 * MIB, `${mirror.servedBytes()} bytes came from the mirror`);
  assert.match(trust, /^mirrored \(\d% compared\)$/);
});

test('with a digest of the whole it is verified all the same', async (t) => {
  const { file, run } = await two(t);
  const { trust } = await run('--checksum', `sha256=${file.sha256}`).finishes(file.sha256);
  assert.equal(trust, 'publisher-verified');
});

test('what a mirror brought that turns wrong once it is believed comes again from the first address, and it is named', async (t) => {
  const { file, first, mirror, run } = await two(t, TURNS_WRONG);
  const member = run('--checksum', `sha256=${file.sha256}`);
  await member.finishes(file.sha256);
  assert.ok(mirror.servedBytes() > 2 * MIB, `${mirror.servedBytes()} bytes came from the mirror`);
  assert.ok(
    member.log.includes(`127.0.0.1:${mirror.port}${PATH} is not used any more`),
    member.describe('does not name it'),
  );
  const again = first.servedBytes() - SIZE;
  assert.ok(again <= SLACK, `${again} bytes came twice from the first address`);
});

test('what an earlier run may have had from such a mirror comes again, too', async (t) => {
  const { file, first, mirror, run } = await two(t, TURNS_WRONG);
  first.holdAfter(SIZE / 4);
  mirror.holdAfter(SIZE / 4);
  const killed = run();
  await until(
    () => killed.hasEnded || first.servedBytes() + mirror.servedBytes() >= SIZE / 2,
    () => killed.describe('brought too little'),
  );
  await killed.kill();
  first.release();
  mirror.release();
  assert.ok(mirror.servedBytes() > MIB, `${mirror.servedBytes()} bytes came from the mirror`);
  await run('--checksum', `sha256=${file.sha256}`).finishes(file.sha256);
});

test('a file that is not what its digest says at the first address either is given up after one more try', async (t) => {
  const { first, mirror, run } = await two(t);
  await run('--checksum', `sha256=${'0'.repeat(64)}`).fails('digest-mismatch');
  const servedBytes = first.servedBytes() + mirror.servedBytes();
  assert.ok(servedBytes <= 2 * SIZE, `${servedBytes} bytes were served`);
  assert.ok(first.servedBytes() >= SIZE);
});
