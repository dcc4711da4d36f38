import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin } from '../src/testing/origin-server/origin-server.ts';
import { knownFile, MIB } from './support/file.ts';
import type { Harm } from './support/hostile-member.ts';
import type { JsonEvent, Member } from './support/members.ts';
import { Stage } from './support/stage.ts';

const SIZE = 8 * MIB;
const RATE = 1.5 * MIB;

/** The event with which a member says that it has dropped mallory; it must say why. */
async function dropped(by: Member, why: RegExp): Promise<JsonEvent> {
  const error = await by.event('error', { code: 'bad-peer' });
  assert.match(error.message ?? '', /^mallory was dropped: /);
  assert.match(error.message ?? '', why);
  assert.match(error.next ?? '', /is not used/);
  return error;
}

const NAMED: readonly (readonly [harm: Harm, what: string, why: RegExp])[] = [
  ['wrong-bytes', 'serves bytes that do not match what it vouches for', /served a corrupt piece \d+/],
  ['forged-records', 'sends records with forged signatures', /wrong signature/],
  ['no-such-pieces', 'has pieces that there are not', /pieces that the file does not have/],
  ['broken-message', 'breaks the rules of the protocol', /broke the protocol \(.+\)/],
  ['oversize-frame', 'sends a frame that is too large', /broke the protocol \(.+\)/],
];

for (const [harm, what, why] of NAMED) {
  test(`a member that ${what} is dropped and named; the others finish`, async (t) => {
    const file = knownFile(harm, SIZE);
    await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: RATE });
    const stage = new Stage(t);
    const host = stage.host('ada', origin.url());
    const invite = await host.invite();
    const mallory = stage.hostile(invite, harm, file);
    await mallory.event('up');
    const joiner = stage.join('bob', invite);
    await dropped(host, why);
    await mallory.event('down');
    await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);
  });
}

test('a member that vouches for wrong hashes is found out by the checksum, dropped and named', async (t) => {
  // The origin is so slow that most of the poison has been taken before anything can be compared with it.
  const file = knownFile('poisoned', 1024 * 1024);
  await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: 100 * 1024 });
  const stage = new Stage(t);
  const host = stage.host('ada', origin.url(), { args: ['--checksum', `sha256=${file.sha256}`] });
  const invite = await host.invite();
  const mallory = stage.hostile(invite, 'wrong-hashes', file);
  await mallory.event('up');
  const joiner = stage.join('bob', invite);
  await dropped(host, /signed a wrong hash for piece \d+/);
  const results = await Promise.all([host.finishes(file.sha256), joiner.finishes(file.sha256)]);

  assert.ok(results[0]!.lanBytes > 0, 'the host had taken poisoned pieces');
  // The digest is the host's user's word; to the joiner it is just a member's.
  assert.equal(results[0]!.trust, 'publisher-verified');
  assert.notEqual(results[1]!.trust, 'publisher-verified');
});

for (const [harm, what] of [
  ['short-bodies', 'breaks off in the middle of each body'],
  ['refuses', 'has all and gives nothing'],
] as const) {
  test(`a member that ${what} holds nobody up`, async (t) => {
    const file = knownFile(harm, SIZE);
    await using origin = await startOrigin({ files: { '/file.bin': file }, ratePerConnection: RATE });
    const stage = new Stage(t);
    const host = stage.host('ada', origin.url());
    const invite = await host.invite();
    const mallory = stage.hostile(invite, harm, file);
    await mallory.event('up');
    const joiner = stage.join('bob', invite);
    await Promise.all([host.has(file.sha256), joiner.has(file.sha256)]);
    // It is still here and says nothing of the file: whoever is done may wait a minute for it, and ends well all the same.
    for (const member of [joiner, host]) {
      member.signal('SIGTERM');
      assert.equal(await member.exit(), 0, member.describe('was done before it was stopped'));
    }
  });
}
