import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type OriginFile,
  type OriginServer,
  startOrigin,
} from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import { until } from './support/members.ts';
import { Stage } from './support/stage.ts';
import { together } from './support/together.ts';

const SIZE = 5 * MIB + 4_321;
/** Bytes per second at which the file would take a minute. */
const TRICKLE = SIZE / 60;
/** At which it takes 20 s, and its first piece, of 1 MiB while the size is not known, less than a member waits for another. */
const SLOW = SIZE / 20;

/** Answers that carried more than a look at the file. */
function bodies(origin: OriginServer): number {
  return origin.requests.filter(({ sent }) => sent !== undefined && sent.end - sent.start > MIB).length;
}

const KINDS: readonly (readonly [what: string, rest: Omit<OriginFile, 'content'>])[] = [
  ['without ranges', { ranges: false }],
  ['without a length', { ranges: false, length: false }],
];

for (const [what, rest] of KINDS) {
  test(`an origin ${what}: a member alone gets the file`, async (t) => {
    const file = knownFile(`alone ${what}`, SIZE, rest);
    await using origin = await startOrigin({ files: { '/stream.bin': file } });
    const result = await new Stage(t).get('ada', origin.url(), { connections: 4 }).finishes(file.sha256);
    assert.equal(result.originBytes, SIZE);
  });

  test(`an origin ${what}: one member streams it, the other gets it over the LAN as it grows`, async (t) => {
    const file = knownFile(`room ${what}`, SIZE, rest);
    await using origin = await startOrigin({
      files: { '/stream.bin': file },
      ratePerConnection: 2 * MIB,
    });
    // A stream that stood still would be given up: it goes on, and is not over before the joiner is there and has some of it.
    origin.trickle(TRICKLE);
    const stage = new Stage(t);
    const host = stage.host('ada', origin.url(), { connections: 4 });
    const joiner = stage.join('bob', await host.invite(), { connections: 4 });
    await together(host, joiner);
    origin.trickle(SLOW);
    await joiner.until(() => joiner.events.some((event) => (event.lanBytes ?? 0) > 0), 'bytes over the LAN');
    assert.ok(!host.events.some(({ event }) => event === 'done'), 'the stream is still under way');
    origin.release();
    const [, result] = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);

    assert.equal(result.lanBytes, SIZE);
    assert.equal(result.originBytes, 0);
    assert.equal(bodies(origin), 1, 'the origin sent the file once');
  });
}

test('the member that streams is killed: the other streams the file itself', async (t) => {
  const file = knownFile('heir', SIZE, { ranges: false });
  await using origin = await startOrigin({ files: { '/stream.bin': file }, ratePerConnection: 1.5 * MIB });
  origin.trickle(TRICKLE);
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url());
  const heir = stage.join('bob', await host.invite());
  await together(host, heir);
  origin.release();
  origin.holdAfter(3 * MIB);
  await until(
    () => origin.servedBytes() > 3 * MIB,
    () => host.describe('did not get far'),
  );
  await host.kill();
  origin.release();
  await heir.finishes(file.sha256);
});

test('a stream that breaks off is begun again, and what was there is kept', async (t) => {
  const file = knownFile('torn', SIZE, {
    ranges: false,
    faults: { after: 1, times: 1, resetAfterBytes: 3 * MIB },
  });
  await using origin = await startOrigin({ files: { '/stream.bin': file } });
  await new Stage(t).get('ada', origin.url()).finishes(file.sha256);
});

test('a small file and an empty one arrive, alone and in a room', async (t) => {
  const small = knownFile('small', 1_000);
  const empty = knownFile('empty', 0);
  await using origin = await startOrigin({ files: { '/small.bin': small, '/empty.bin': empty } });
  const stage = new Stage(t);
  for (const [name, file] of [
    ['small', small],
    ['empty', empty],
  ] as const) {
    const url = origin.url(`/${name}.bin`);
    await stage.get(`${name} alone`, url).finishes(file.sha256);
    const host = stage.host(`${name} host`, url, { args: ['--stay'] });
    await stage.join(`${name} joiner`, await host.invite()).finishes(file.sha256);
    await host.has(file.sha256);
    await host.kill();
  }
});
