import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Event } from '../../core/contract.ts';
import { MIN_PIECE_BYTES } from '../../core/geometry.ts';
import { SharedFile } from '../../disk/shared-file.ts';
import { sampleOffer } from '../../testing/member/small-world.ts';
import { contentSlice } from '../../testing/origin-server/content.ts';
import { homeDirectory } from '../../testing/queue/queues.ts';
import { SharedDownload } from './shared-download.ts';

const OFFER = sampleOffer();
const SIZE_BYTES = MIN_PIECE_BYTES + 1000;

/** A file of two pieces that is shared, and what the core is told. */
async function newShared(t: TestContext) {
  const path = join(homeDirectory(t), 'disc.iso');
  writeFileSync(path, contentSlice('shared', 0, SIZE_BYTES));
  const events: Event[] = [];
  const file = await SharedFile.open(path);
  const shared = new SharedDownload(file, OFFER, {
    sign: (_, piece, sha256) => ({ piece, sha256, signer: 'me', signature: new Uint8Array(64) }),
    dispatch: (event) => void events.push(event),
    trust: { kind: 'self-verified' },
  });
  t.after(() => shared[Symbol.asyncDispose]());
  return { shared, file, path, events };
}

test('the member vouches for every piece, each with its hash', async (t) => {
  const { shared, file } = await newShared(t);
  const { held, offer } = shared.announcement();
  assert.equal(offer, OFFER);
  assert.deepEqual(
    held.map(({ piece, sha256, signer }) => ({ piece, sha256, signer })),
    file.pieces.map((sha256, piece) => ({ piece, sha256, signer: 'me' })),
  );
});

test('it is finished as it is, where it is', async (t) => {
  const { shared, file, path, events } = await newShared(t);
  assert.deepEqual(await shared.finish(), { path, sha256: file.sha256 });
  assert.deepEqual(events, [{ type: 'finished', download: OFFER.download }]);
  assert.deepEqual(shared.trust(), { kind: 'self-verified' });
});

test('a change of the file fails the download, once, and nothing more is read', async (t) => {
  const { shared, path, events } = await newShared(t);
  const target = Buffer.alloc(10);
  await shared.read(target, 5);
  assert.deepEqual(target, contentSlice('shared', 5, 15));
  writeFileSync(path, 'other');
  const changed = { code: 'origin-changed' };
  await Promise.all([
    assert.rejects(shared.read(target, 0), changed),
    assert.rejects(shared.read(target, 5), changed),
  ]);
  await assert.rejects(shared.read(target, 0), changed);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['failed'],
  );
  const [failed] = events;
  assert.equal(failed?.type === 'failed' && failed.reason.code, 'origin-changed');
});
