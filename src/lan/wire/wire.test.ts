import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { DragonloadError } from '../../core/errors.ts';
import type { Message } from '../../core/messages.ts';
import { FrameSchema } from '../../gen/dragonload/v1/peer_pb.ts';
import { DOWNLOAD } from '../../testing/lan/rooms.ts';
import { ephemeralIdentity } from '../identity/identity.ts';
import { signRecord } from '../identity/records.ts';
import {
  decodeMessage,
  encodeMessage,
  type frameOf,
  MAX_FRAME_BYTES,
  MAX_RECORDS,
  MAX_RUNS,
} from './wire.ts';

const me = ephemeralIdentity();
const record = signRecord(me, DOWNLOAD, 1 << 20, 3, new Uint8Array(32).fill(9));
const member = {
  id: me.id,
  name: 'Ann',
  addresses: ['10.0.0.1:5', '[::1]:6'],
  certificate: new Uint8Array(me.certificate),
  seniority: 1,
  present: true,
};

const messages: readonly Message[] = [
  { type: 'roster', epoch: 2 ** 40, members: [member] },
  { type: 'coordinate', epoch: 3, seniority: 2 },
  {
    type: 'offer',
    download: DOWNLOAD,
    url: 'https://example.com/a?b=c',
    fileName: 'a.iso',
    pieceBytes: 1 << 20,
    ranges: true,
    identity: { sizeBytes: 2 ** 40, etag: '"x"', lastModified: 'Tue, 15 Nov 1994 12:45:26 GMT' },
    checksum: `sha256:${'0'.repeat(64)}`,
    order: 4,
  },
  {
    type: 'offer',
    download: DOWNLOAD,
    url: 'http://example.com/',
    fileName: 'a',
    pieceBytes: 1 << 18,
    ranges: false,
    identity: { sizeBytes: undefined, etag: undefined, lastModified: undefined },
    checksum: undefined,
    order: 0,
  },
  {
    type: 'offer',
    download: DOWNLOAD,
    url: `urn:sha256:${'ab'.repeat(32)}`,
    fileName: 'shared.iso',
    pieceBytes: 1 << 18,
    ranges: true,
    identity: { sizeBytes: 1000, etag: undefined, lastModified: undefined },
    checksum: `sha256:${'ab'.repeat(32)}`,
    order: 0,
  },
  {
    type: 'have',
    download: DOWNLOAD,
    runs: [
      { start: 0, end: 3 },
      { start: 5, end: 1 << 20 },
    ],
    records: [record],
  },
  { type: 'sources', download: DOWNLOAD, urls: ['https://mirror.example/a?token=1', 'http://[::1]:8/a'] },
  { type: 'fragment', download: DOWNLOAD, start: 10, end: 20 },
  {
    type: 'status',
    downloads: [
      {
        download: DOWNLOAD,
        phase: 'checking',
        heldBytes: 1,
        originBytes: 2,
        lanBytes: 3,
        uploadBytes: 4,
        originRate: 5.5,
        lanRate: 6.5,
        fetching: true,
      },
    ],
  },
  {
    type: 'report',
    epoch: 1,
    download: DOWNLOAD,
    originRate: 1e6,
    canFetch: true,
    wants: 2,
    seenLease: 9,
    leases: [{ lease: 9, start: 0, end: 100, receivedBytes: 50 }],
  },
  {
    type: 'grant',
    epoch: 1,
    download: DOWNLOAD,
    lease: { lease: 10, kind: 'run', start: 0, end: 100, owner: undefined },
  },
  {
    type: 'grant',
    epoch: 1,
    download: DOWNLOAD,
    lease: { lease: 11, kind: 'tail', start: 50, end: 100, owner: me.id },
  },
  { type: 'revoke', epoch: 1, download: DOWNLOAD, lease: 10, end: 0 },
  { type: 'bye' },
];

function overTheWire(message: Message): readonly (Message | undefined)[] {
  return encodeMessage(message).map((frame) =>
    decodeMessage(fromBinary(FrameSchema, toBinary(FrameSchema, frame))),
  );
}

for (const [index, message] of messages.entries()) {
  test(`message ${index}, a ${message.type}, comes out as it went in`, () => {
    const [decoded, ...more] = overTheWire(message);
    assert.equal(more.length, 0);
    // Buffers and Uint8Arrays are alike here.
    assert.deepEqual(plain(decoded), plain(message));
  });
}

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, entry) =>
      entry?.type === 'Buffer' ? entry.data : entry instanceof Uint8Array ? [...entry] : entry,
    ),
  );
}

test('a have beyond the limits goes out as several that add up', () => {
  const runs = Array.from({ length: MAX_RUNS + 5 }, (_, i) => ({ start: i * 2, end: i * 2 + 1 }));
  const records = Array.from({ length: MAX_RECORDS * 2 + 1 }, () => record);
  const frames = encodeMessage({ type: 'have', download: DOWNLOAD, runs, records });
  for (const frame of frames) assert.ok(toBinary(FrameSchema, frame).length <= MAX_FRAME_BYTES);
  const decoded = frames
    .map((frame) => decodeMessage(frame))
    .map((message) => (message?.type === 'have' ? message : assert.fail()));
  assert.deepEqual(
    decoded.flatMap((have) => have.runs),
    runs,
  );
  assert.equal(decoded.flatMap((have) => have.records).length, records.length);
});

test('a frame of a kind from the future is passed over', () => {
  const unknown = Uint8Array.of(0xfa, 0x07, 0x02, 0x08, 0x01);
  assert.equal(decodeMessage(fromBinary(FrameSchema, unknown)), undefined);
});

test('a name is shown without what would fool the eye', () => {
  const name = 'A\u202Enn\u0007\u200B\n B';
  const [decoded] = overTheWire({ type: 'roster', epoch: 1, members: [{ ...member, name }] });
  assert.equal(decoded?.type === 'roster' && decoded.members[0]!.name, 'Ann B');
});

test('what the other side would refuse of the sources is not sent, and nothing when that is all', () => {
  const urls = ['http://example.com/a#b', 'http://:80', 'http://example.com/a'];
  const [frame] = encodeMessage({ type: 'sources', download: DOWNLOAD, urls });
  assert.deepEqual(decodeMessage(frame!), { type: 'sources', download: DOWNLOAD, urls: urls.slice(2) });
  assert.deepEqual(encodeMessage({ type: 'sources', download: DOWNLOAD, urls: urls.slice(0, 2) }), []);
});

test('any bytes are a message, nothing, or an error that is caught', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let frame: ReturnType<typeof frameOf>;
      try {
        frame = fromBinary(FrameSchema, bytes);
      } catch {
        return;
      }
      try {
        decodeMessage(frame);
      } catch (error) {
        assert.ok(error instanceof DragonloadError);
      }
    }),
  );
});
