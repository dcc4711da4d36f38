import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileIdentity } from '../../core/messages.ts';
import { decodeMessage } from '../../lan/wire/wire-decode.ts';
import { encodeMessage } from '../../lan/wire/wire-encode.ts';
import { downloadIdOf, makeOffer, mismatchOf } from './offers.ts';

function identity(changes: Partial<FileIdentity> = {}): FileIdentity {
  return { sizeBytes: 1000, etag: '"a"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT', ...changes };
}

test('an offer is cut by its size and has an id that another member comes to as well', () => {
  const source = {
    url: 'https://x/f',
    fileName: 'f',
    ranges: true,
    identity: identity(),
    checksum: undefined,
    order: 3,
  };
  const offer = makeOffer(source);
  assert.equal(offer.pieceBytes, 256 * 1024);
  assert.equal(offer.order, 3);
  assert.match(offer.download, /^[0-9a-f]{32}$/);
  assert.equal(offer.download, makeOffer({ ...source, fileName: 'g', order: 0 }).download);
});

test('what an origin or a user calls things is offered as other members take it', () => {
  const offer = makeOffer({
    url: 'https://x/f',
    fileName: `../${'n'.repeat(1000)}\u202e.bin`,
    ranges: true,
    identity: identity(),
    checksum: `SHA-256=${'AB'.repeat(32)}`,
    order: 0,
  });
  for (const frame of encodeMessage(offer)) assert.deepEqual(decodeMessage(frame), offer);
  assert.match(offer.fileName, /^n+\.bin$/);
  assert.equal(offer.checksum, `sha256:${'ab'.repeat(32)}`);
});

test('another URL, size, version or cut is another download', () => {
  const ids = [
    downloadIdOf('https://x/f', identity(), 1),
    downloadIdOf('https://x/g', identity(), 1),
    downloadIdOf('https://x/f', identity({ sizeBytes: 1001 }), 1),
    downloadIdOf('https://x/f', identity({ sizeBytes: undefined }), 1),
    downloadIdOf('https://x/f', identity({ etag: '"b"' }), 1),
    downloadIdOf('https://x/f', identity({ etag: undefined }), 1),
    downloadIdOf('https://x/f', identity({ lastModified: undefined }), 1),
    downloadIdOf('https://x/f', identity(), 2),
  ];
  assert.equal(new Set(ids).size, ids.length);
});

test('a file of another size is not the one that the room means, whatever its tag', () => {
  assert.match(mismatchOf(identity(), identity({ sizeBytes: 999 }))!, /999 bytes, the room has 1000/);
  assert.match(mismatchOf(identity(), identity({ sizeBytes: undefined }))!, /an unknown number of/);
});

test('another date under another tag is another version; a tag alone leaves it to the bytes', () => {
  const date = 'Tue, 02 Jan 2024 00:00:00 GMT';
  assert.equal(mismatchOf(identity(), identity()), undefined);
  assert.equal(mismatchOf(identity(), identity({ etag: '"edge"' })), undefined);
  assert.equal(mismatchOf(identity(), identity({ lastModified: date })), undefined);
  assert.match(mismatchOf(identity(), identity({ etag: '"b"', lastModified: date }))!, /another version/);
  const tagOnly = { lastModified: undefined };
  assert.equal(mismatchOf(identity(tagOnly), identity({ ...tagOnly, etag: '"b"' })), undefined);
});

test('what cannot be compared speaks against nobody', () => {
  const none = { etag: undefined, lastModified: undefined };
  assert.equal(mismatchOf(identity(none), identity()), undefined);
  assert.equal(mismatchOf(identity(), identity(none)), undefined);
  assert.equal(mismatchOf(identity({ lastModified: undefined }), identity({ etag: undefined })), undefined);
});
