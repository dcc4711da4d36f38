import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Event } from '../../core/contract.ts';
import { DragonloadError } from '../../core/errors.ts';
import { MIN_PIECE_BYTES } from '../../core/geometry.ts';
import { SharedFile } from '../../disk/shared-file.ts';
import { findUrl, newMember } from '../../testing/engine/members.ts';
import { sampleOffer } from '../../testing/member/small-world.ts';
import { open } from '../../testing/origin/opened-sources.ts';
import { contentSha256, startOrigin } from '../../testing/origin-server/origin-server.ts';
import { homeDirectory, until } from '../../testing/queue/queues.ts';
import { DownloadSession } from '../download/download-session.ts';
import { ALONE } from '../download/piece-exchange.ts';
import { SharedDownload } from '../download/shared-download.ts';

const SIZE_BYTES = 2 * MIN_PIECE_BYTES + 1000;

function newOrigin() {
  return startOrigin({
    files: {
      '/a': { content: { seed: 'a', sizeBytes: SIZE_BYTES } },
      '/b': { content: { seed: 'b', sizeBytes: SIZE_BYTES } },
      '/refused': {
        content: { seed: 'c', sizeBytes: SIZE_BYTES },
        faults: { status: 404, after: 1 },
      },
    },
  });
}

test('a member ends by itself when all of its downloads are done', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, add, steps } = newMember(t);
  startCore();
  const addBoth = async () => {
    await add(origin.url('/a'));
    await add(origin.url('/b'));
  };
  member.expect(addBoth());
  const results = await member.finished;
  // In the order in which they were taken on, whichever is done first.
  assert.deepEqual(
    results.map(({ sha256 }) => sha256),
    ['a', 'b'].map((seed) => contentSha256(seed, SIZE_BYTES)),
  );
  assert.deepEqual(steps.slice(0, 2).sort(), ['done a', 'done b']);
  assert.deepEqual(steps.slice(2), ['close', 'over 2 0']);
  assert.ok(member.signal.aborted);
});

test('when one of two fails the other is finished, and the member ends with the failure', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, add, steps, home } = newMember(t);
  startCore();
  member.expect(Promise.all([add(origin.url('/refused')), add(origin.url('/a'))]));
  await assert.rejects(member.finished, (error: DragonloadError) => error.code !== 'aborted');
  assert.ok(existsSync(join(home, 'a')));
  assert.equal(steps.filter((step) => step.startsWith('failed')).length, 1, 'told once');
  assert.deepEqual(steps.slice(-2), ['close', 'over 1 1']);
});

test('a member that is stopped midway keeps its parts and ends as aborted, however often it is stopped', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, add, steps, home } = newMember(t);
  startCore();
  origin.hold();
  await add(origin.url('/a'));
  await Promise.all([member.stop(), member.stop()]);
  await assert.rejects(member.finished, { code: 'aborted' });
  assert.deepEqual(steps, ['close', 'over 0 0 broken off']);
  assert.ok(existsSync(join(home, 'a.dragonload')));
});

test('what a member has kept until it was stopped is there for the next one', async (t) => {
  await using origin = await newOrigin();
  const first = newMember(t, { options: { connections: 1 } });
  first.startCore();
  origin.holdAfter(SIZE_BYTES - 500);
  await first.add(origin.url('/a'));
  await until(() => first.member.view().downloads[0]?.heldBytes === 2 * MIN_PIECE_BYTES);
  await first.member.stop();
  origin.release();
  const next = newMember(t, { home: first.home });
  next.startCore();
  next.member.expect(next.add(origin.url('/a')));
  assert.equal((await next.member.finished).length, 1);
  const resumed = next.events.flatMap((event) => (event.type === 'resumed' ? [event.bytes] : []));
  assert.deepEqual(resumed, [2 * MIN_PIECE_BYTES]);
});

test('whatever fails while a member ends, its parts are closed and it ends', async (t) => {
  await using origin = await newOrigin();
  const close = () => Promise.reject(new Error('a slip'));
  const { member, startCore, add, home, steps } = newMember(t, { close });
  startCore();
  origin.hold();
  await add(origin.url('/a'));
  await member.stop();
  assert.deepEqual(steps, ['close', 'over 0 0 broken off']);
  origin.release();
  const next = newMember(t, { home });
  next.startCore();
  next.member.expect(next.add(origin.url('/a')));
  assert.equal((await next.member.finished).length, 1);
});

test('a part that is just being opened when the member is stopped is closed with it', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, takeOn, home } = newMember(t);
  startCore();
  const adding = takeOn(await findUrl(origin.url('/a')));
  await member.stop();
  await adding;
  await assert.rejects(member.finished, { code: 'aborted' });
  // Whoever opens the part next is not told that somebody has it.
  const next = newMember(t, { home });
  next.startCore();
  next.member.expect(next.add(origin.url('/a')));
  assert.equal((await next.member.finished)[0]?.path, join(home, 'a'));
});

test('a member that stays for something is done when it is stopped', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, add, steps } = newMember(t, { staysFor: () => 'somebody' });
  startCore();
  await add(origin.url('/a'));
  await until(() => steps.length > 0);
  assert.ok(!member.signal.aborted);
  await member.stop();
  assert.equal((await member.finished).length, 1);
});

test('a member that has nothing for others does not stay for them', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, takeOn } = newMember(t, { staysFor: () => 'somebody' });
  startCore();
  const expected = [{ algorithm: 'sha256', hex: '0'.repeat(64), by: 'the publisher' }] as const;
  member.expect(takeOn({ ...(await findUrl(origin.url('/a'))), expected }));
  await assert.rejects(member.finished, { code: 'digest-mismatch' });
});

test('a download that has failed goes on with another address, and then it has not failed', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, add, steps } = newMember(t);
  startCore();
  const work = Promise.withResolvers<void>();
  member.expect(work.promise);
  await add(origin.url('/refused'));
  await until(() => steps.length > 0);
  const [download = ''] = member.sessions.keys();
  assert.ok(member.failureOf(download));
  origin.set('/fresh', { content: { seed: 'c', sizeBytes: SIZE_BYTES } });
  member.addSources(download, [origin.url('/fresh')]);
  await until(() => member.resultOf(download) !== undefined);
  assert.equal(member.failureOf(download), undefined);
  assert.deepEqual(
    steps.map((step) => step.split(' ')[0]),
    ['failed', 'recovered', 'done'],
  );
  work.resolve();
  assert.equal((await member.finished)[0]?.sha256, contentSha256('c', SIZE_BYTES));
});

test('in another network what an origin has asked for is not waited for', async (t) => {
  // Whoever looks is answered, whoever downloads is told once to come back much later.
  const busy = { status: 503, retryAfter: '3000', times: 1, only: { longerThan: 64 * 1024 } } as const;
  const content = { seed: 'a', sizeBytes: SIZE_BYTES };
  await using origin = await startOrigin({ files: { '/a': { content, faults: busy } } });
  const { member, startCore, home } = newMember(t);
  startCore();
  const found = await findUrl(origin.url());
  const { download } = found.offer;
  const ended = Promise.withResolvers<Event>();
  const session = await DownloadSession.open(found, {
    options: { directory: home, lookUpDigests: false, connections: 1 },
    dataDir: join(home, 'data'),
    exchange: ALONE,
    openOrigin: async (url) => open(url),
    dispatch: (event) => {
      member.dispatch(event);
      if (event.type === 'origin-ended') ended.resolve(event);
    },
    emit: () => {},
    signal: member.signal,
  });
  member.takeOn(session);
  member.dispatch({ type: 'probe-done', download, canFetch: true });
  const event = await ended.promise;
  assert.ok(event.type === 'origin-ended' && event.outcome === 'busy' && event.retryAfterMs === 3_000_000);
  member.networkChanged();
  assert.equal((await member.finished).length, 1);
});

test('as long as downloads are expected the member does not end, and what brings none fails it', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, add, steps } = newMember(t);
  startCore();
  const work = Promise.withResolvers<void>();
  member.expect(work.promise);
  await add(origin.url('/a'));
  await until(() => steps.length > 0);
  assert.deepEqual(steps, ['done a']);
  assert.ok(!member.signal.aborted);
  work.reject(new DragonloadError('room-failed', 'There is no room.'));
  await assert.rejects(member.finished, { code: 'room-failed' });
});

test('a command that cannot be carried out ends the member with what was thrown', async (t) => {
  await using origin = await newOrigin();
  const { member, startCore, add } = newMember(t);
  startCore();
  await add(origin.url('/a'));
  const download = [...member.sessions.values()][0]!;
  t.mock.method(download, 'execute', () => {
    throw new Error('a slip');
  });
  await assert.rejects(member.finished, { code: 'internal', message: 'a slip' });
});

test('a member whose signal is aborted before it begins ends at once', async (t) => {
  const { member } = newMember(t, { options: { signal: AbortSignal.abort() } });
  await assert.rejects(member.finished, { code: 'aborted' });
});

test('a shared file is done at once, and its result is void when the file turns out to be changed', async (t) => {
  const { member, startCore, steps } = newMember(t, { staysFor: () => 'somebody' });
  startCore();
  const path = join(homeDirectory(t), 'disc.iso');
  writeFileSync(path, Buffer.alloc(1000, 7));
  const file = await SharedFile.open(path);
  const offer = sampleOffer({ identity: { sizeBytes: 1000, etag: undefined, lastModified: undefined } });
  const shared = new SharedDownload(file, offer, {
    sign: (_, piece, sha256) => ({ piece, sha256, signer: 'me', signature: new Uint8Array(64) }),
    dispatch: (event) => member.dispatch(event),
    trust: { kind: 'self-verified' },
  });
  member.takeOn(shared);
  await until(() => member.resultOf(offer.download) !== undefined);
  assert.equal(steps.length, 1);
  writeFileSync(path, 'changed');
  await assert.rejects(shared.read(Buffer.alloc(5), 0), { code: 'origin-changed' });
  await assert.rejects(member.finished, { code: 'origin-changed' });
  assert.equal(member.resultOf(offer.download), undefined);
});
