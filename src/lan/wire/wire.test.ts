import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { DragonloadError } from '../../core/errors.ts';
import type { Message } from '../../core/messages.ts';
import { FrameSchema, LeaseKind, Phase } from '../../gen/dragonload/v1/peer_pb.ts';
import { DOWNLOAD } from '../../testing/lan/rooms.ts';
import { ephemeralIdentity } from '../identity/identity.ts';
import { signRecord } from '../identity/records.ts';
import { decodeMessage, encodeMessage, frameOf, MAX_FRAME_BYTES, MAX_RECORDS, MAX_RUNS } from './wire.ts';

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

type Kind = NonNullable<MessageInitShape<typeof FrameSchema>['kind']>;
const id = Buffer.from(me.id, 'hex');
const download = Buffer.from(DOWNLOAD, 'hex');
const wireMember = {
  id,
  name: 'Ann',
  addresses: [] as string[],
  certificate: me.certificate,
  seniority: 1,
  present: true,
};
const offer = {
  download,
  url: 'https://example.com/',
  fileName: 'a',
  pieceBytes: 1 << 20,
  ranges: true,
  order: 0,
};
const wireRecord = { piece: 1, sha256: Buffer.alloc(32), signer: id, signature: Buffer.alloc(64) };
const status = { download, phase: Phase.DONE, originRate: 0 };
const roster = (change: object): Kind => ({
  case: 'roster',
  value: { members: [{ ...wireMember, ...change }] },
});
const offered = (change: object): Kind => ({ case: 'offer', value: { ...offer, ...change } });
const have = (value: object): Kind => ({ case: 'have', value: { download, ...value } });

const bad: readonly (readonly [what: string, kind: Kind])[] = [
  ['a hello after admission', { case: 'hello', value: {} }],
  [
    'a roster with too many members',
    { case: 'roster', value: { members: Array.from({ length: 257 }, () => wireMember) } },
  ],
  ['a member id that is not of its certificate', roster({ id: Buffer.alloc(32) })],
  ['a member id of 31 bytes', roster({ id: Buffer.alloc(31) })],
  ['a certificate that is too long', roster({ certificate: Buffer.alloc(4097) })],
  ['a name that is too long', roster({ name: 'x'.repeat(65) })],
  ['too many addresses', roster({ addresses: Array(17).fill('10.0.0.1:1') })],
  ['a host name as an address', roster({ addresses: ['example.com:80'] })],
  ['an address without a port', roster({ addresses: ['10.0.0.1'] })],
  ['a seniority of 0', roster({ seniority: 0 })],
  ['an epoch that is too large', { case: 'coordinate', value: { epoch: 2n ** 53n, seniority: 1 } }],
  ['a download id of 15 bytes', offered({ download: Buffer.alloc(15) })],
  ['a file URL', offered({ url: 'file:///etc/passwd' })],
  ['no URL', offered({ url: 'nonsense' })],
  ['a URL that is too long', offered({ url: `https://example.com/${'x'.repeat(8192)}` })],
  ['a file name that is too long', offered({ fileName: 'x'.repeat(256) })],
  ['a piece size that is no power of two', offered({ pieceBytes: (1 << 20) + 1 })],
  ['a piece size of 0', offered({ pieceBytes: 0 })],
  ['a piece size that is too large', offered({ pieceBytes: 1 << 25 })],
  ['a size with too many pieces', offered({ sizeBytes: 2n ** 40n + 1n })],
  ['a checksum of the wrong length', offered({ checksum: 'sha256:00' })],
  ['a checksum of an unknown kind', offered({ checksum: 'crc:00' })],
  ['a checksum of an inherited name', offered({ checksum: 'constructor:00' })],
  [
    'runs out of order',
    have({
      runs: [
        { start: 5, end: 6 },
        { start: 1, end: 2 },
      ],
    }),
  ],
  [
    'runs that touch',
    have({
      runs: [
        { start: 1, end: 2 },
        { start: 2, end: 3 },
      ],
    }),
  ],
  ['an empty run', have({ runs: [{ start: 1, end: 1 }] })],
  ['a run beyond the last piece', have({ runs: [{ start: 1, end: (1 << 20) + 1 }] })],
  ['too many records', have({ records: Array.from({ length: MAX_RECORDS + 1 }, () => wireRecord) })],
  ['a record of a piece that cannot be', have({ records: [{ ...wireRecord, piece: 1 << 20 }] })],
  ['a hash of 31 bytes', have({ records: [{ ...wireRecord, sha256: Buffer.alloc(31) }] })],
  ['a signature of 65 bytes', have({ records: [{ ...wireRecord, signature: Buffer.alloc(65) }] })],
  ['a fragment that ends before it starts', { case: 'fragment', value: { download, start: 2n, end: 1n } }],
  ['sources without an address', { case: 'sources', value: { download, urls: [] } }],
  [
    'more sources than a download has',
    {
      case: 'sources',
      value: { download, urls: Array.from({ length: 33 }, (_, i) => `http://example.com/${i}`) },
    },
  ],
  ['a source that is no URL', { case: 'sources', value: { download, urls: ['example.com'] } }],
  ['a source that is a file', { case: 'sources', value: { download, urls: ['file:///etc/passwd'] } }],
  ['a source with a fragment', { case: 'sources', value: { download, urls: ['http://example.com/a#b'] } }],
  ['a source with a line break', { case: 'sources', value: { download, urls: ['http://example.com/a\nb'] } }],
  [
    'a source that is too long',
    { case: 'sources', value: { download, urls: [`http://example.com/${'a'.repeat(8192)}`] } },
  ],
  [
    'sources of no download',
    { case: 'sources', value: { download: Buffer.alloc(15), urls: ['http://example.com/'] } },
  ],
  ['a fragment longer than a piece', { case: 'fragment', value: { download, start: 0n, end: 2n ** 25n } }],
  [
    'a fragment beyond every file',
    { case: 'fragment', value: { download, start: 2n ** 63n, end: 2n ** 63n + 1n } },
  ],
  [
    'a status without a phase',
    { case: 'status', value: { downloads: [{ ...status, phase: Phase.UNSPECIFIED }] } },
  ],
  ['a phase from nowhere', { case: 'status', value: { downloads: [{ ...status, phase: 99 as Phase }] } }],
  [
    'a rate that is no number',
    { case: 'status', value: { downloads: [{ ...status, originRate: Number.NaN }] } },
  ],
  [
    'a rate without end',
    { case: 'status', value: { downloads: [{ ...status, originRate: Number.POSITIVE_INFINITY }] } },
  ],
  ['a negative rate', { case: 'report', value: { download, originRate: -1 } }],
  [
    'too many leases',
    { case: 'report', value: { download, leases: Array.from({ length: 257 }, () => ({})) } },
  ],
  ['a grant without a lease', { case: 'grant', value: { download } }],
  ['a lease of no kind', { case: 'grant', value: { download, lease: { start: 0n, end: 1n } } }],
  [
    'a lease of nothing',
    { case: 'grant', value: { download, lease: { kind: LeaseKind.RUN, start: 1n, end: 1n } } },
  ],
  [
    'a owner that is no member',
    { case: 'grant', value: { download, lease: { kind: LeaseKind.TAIL, end: 1n, owner: Buffer.alloc(3) } } },
  ],
];
for (const [what, kind] of bad) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => decodeMessage(frameOf(kind)),
      (error) => error instanceof DragonloadError && error.code === 'bad-peer',
    );
  });
}

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
