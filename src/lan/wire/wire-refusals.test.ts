import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { DragonloadError } from '../../core/errors.ts';
import { type FrameSchema, LeaseKind, Phase } from '../../gen/dragonload/v1/peer_pb.ts';
import { DOWNLOAD } from '../../testing/lan/rooms.ts';
import { ephemeralIdentity } from '../identity/identity.ts';
import { decodeMessage, frameOf, MAX_RECORDS } from './wire.ts';

const me = ephemeralIdentity();
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
/** The name by content of a file that has no origin. */
const NAME = `urn:sha256:${'ab'.repeat(32)}`;
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
  ['a file without an origin and without its digest', offered({ url: NAME, sizeBytes: 1n })],
  [
    'a file without an origin, with the digest of another',
    offered({ url: NAME, sizeBytes: 1n, checksum: `sha256:${'ba'.repeat(32)}` }),
  ],
  [
    'a file without an origin and without its size',
    offered({ url: NAME, checksum: `sha256:${'ab'.repeat(32)}` }),
  ],
  ['a name by content that is cut short', offered({ url: NAME.slice(0, -1), sizeBytes: 1n })],
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
