import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { contentName } from '../../core/content-name.ts';
import type { Event } from '../../core/contract.ts';
import { MIN_PIECE_BYTES } from '../../core/geometry.ts';
import { contentSha256, contentSlice } from '../../testing/origin-server/content.ts';
import { homeDirectory, until } from '../../testing/queue/queues.ts';
import { DownloadSession } from './download-session.ts';
import { makeOffer } from './offers.ts';

const SIZE_BYTES = 2 * MIN_PIECE_BYTES;
const SHA256 = contentSha256('nowhere', SIZE_BYTES);
const OFFER = makeOffer({
  url: contentName(SHA256),
  fileName: 'disc.iso',
  ranges: true,
  identity: { sizeBytes: SIZE_BYTES, etag: `"${SHA256}"`, lastModified: undefined },
  checksum: `sha256:${SHA256}`,
  order: 0,
});
const { download } = OFFER;
/** Members' ids. */
const [ME, ALICE] = ['11'.repeat(32), 'aa'.repeat(32)];

/** The session of a download without an origin: whoever is asked for bytes has them. */
async function openWithoutOrigin(t: TestContext, home: string) {
  const events: Event[] = [];
  const told: string[] = [];
  const session = await DownloadSession.open(
    {
      offer: OFFER,
      origin: undefined,
      expected: [],
      openBeside: () => assert.fail('nothing lies beside it'),
    },
    {
      options: { directory: home },
      dataDir: join(home, 'data'),
      exchange: {
        isShared: true,
        pull: async ({ start, end, onChunk }) => {
          await onChunk(contentSlice('nowhere', start, end));
          return { outcome: 'complete' };
        },
        sign: (_, piece, sha256) => ({ piece, sha256, signer: ME, signature: new Uint8Array(64) }),
        pieceDigest: 'sha256',
        linkPatienceMs: 0,
      },
      openOrigin: () => assert.fail('no address is opened'),
      dispatch: (event) => void events.push(event),
      emit: (event) => void told.push(event.type),
      signal: new AbortController().signal,
    },
  );
  t.after(() => session[Symbol.asyncDispose]());
  const has = (type: Event['type']) => until(() => events.some((event) => event.type === type));
  return { session, events, told, has };
}

test('what is asked of an origin that there is not is refused, and addresses are not used', async (t) => {
  const { session, events, has } = await openWithoutOrigin(t, homeDirectory(t));
  session.addSources(['https://example.org/disc.iso']);
  session.execute({ type: 'fetch', download, stream: 1, start: 0, end: SIZE_BYTES });
  await has('origin-ended');
  const ended = events.find((event) => event.type === 'origin-ended');
  assert.equal(ended?.outcome, 'refused');
  assert.equal(ended?.reason?.code, 'origin-missing');
});

test('what has arrived of a file without an origin is gone on with, though nothing can be compared', async (t) => {
  const home = homeDirectory(t);
  const first = await openWithoutOrigin(t, home);
  first.session.execute({ type: 'pull', download, pull: 1, from: ALICE, start: 0, end: MIN_PIECE_BYTES });
  await first.has('pull-ended');
  const sha256 = createHash('sha256')
    .update(contentSlice('nowhere', 0, MIN_PIECE_BYTES))
    .digest();
  const record = { piece: 0, sha256, signer: ALICE, signature: new Uint8Array(64) };
  first.session.execute({ type: 'keep', download, record });
  await first.has('kept');
  await first.session[Symbol.asyncDispose]();
  const next = await openWithoutOrigin(t, home);
  assert.deepEqual(
    next.session.announcement().held.map(({ piece }) => piece),
    [0],
  );
  assert.deepEqual(next.told, [], 'there is no doubt to tell of');
  assert.equal(next.session.trust([], ME).kind, 'room-consistent', 'it came from somebody else');
});
