import type { Extra, Row } from './matrix-row.ts';

const CUT_OFF: Extra = {
  bytes: 1024 * 1024,
  why: 'Each broken transfer had bytes on their way, and a piece may be asked for by two at its end.',
};
const FROM_THE_START: Extra = {
  files: 2,
  why: 'There is only one stream, from the first byte: what a broken one brought comes again.',
};

/** Transfers that do not go as they should. */
export const TRANSFER_ROWS: readonly Row[] = [
  { name: 'no answer at all', faults: { silent: true }, expected: { one: 'done', other: ['origin-failed'] } },
  { name: 'no answer to the third request', faults: { silent: true, after: 2, times: 1 }, expected: 'done' },
  {
    name: 'stalls in the middle, twice',
    faults: { stallAfterBytes: 300_000, after: 1, times: 2 },
    expected: 'done',
    extra: CUT_OFF,
  },
  {
    name: 'each third connection crawls',
    faults: { crawl: { every: 3, from: 2, bytesPerSecond: 20_000 } },
    connections: 4,
    expected: 'done',
    extra: CUT_OFF,
  },
  { name: 'short bodies, three times', faults: { shortBody: 100_000, after: 1, times: 3 }, expected: 'done' },
  {
    name: 'short bodies without a length, three times',
    faults: { shortBody: 100_000, chunked: true, after: 1, times: 3 },
    expected: 'done',
  },
  {
    name: 'bodies that are all short',
    faults: { shortBody: 1000, after: 1 },
    expected: { one: 'done', other: ['origin-failed'] },
    extra: CUT_OFF,
  },
  { name: 'bodies longer than they say', faults: { longBody: 5000 }, expected: 'done', extra: CUT_OFF },
  {
    name: 'bodies without a length that go on after their end',
    faults: { longBody: 5000, untilClose: true },
    expected: 'done',
    extra: CUT_OFF,
  },
  {
    name: 'resets in the middle, always',
    faults: { resetAfterBytes: 400_000, after: 1 },
    expected: 'done',
    extra: CUT_OFF,
  },
  {
    name: 'resets before the first byte, three times',
    faults: { resetAfterBytes: 0, after: 1, times: 3 },
    expected: 'done',
  },
  {
    name: 'resets before the first byte, always',
    faults: { resetAfterBytes: 0 },
    expected: { one: 'done', other: ['origin-failed'] },
  },
  { name: 'slow heads', faults: { slowHeadMs: 1000 }, expected: 'done' },
  {
    name: 'one connection, others get a 503',
    server: { connectionCap: { perClient: 1, beyond: 'status' } },
    connections: 4,
    expected: 'done',
  },
  {
    name: 'two requests at once, others get a 503',
    faults: { refuseAbove: 2 },
    connections: 4,
    expected: 'done',
  },
  {
    name: 'two connections, others are reset',
    server: { connectionCap: { perClient: 2, beyond: 'reset' } },
    connections: 4,
    expected: 'done',
  },
  {
    name: 'two connections, others wait',
    server: { connectionCap: { perClient: 2, beyond: 'wait' } },
    connections: 4,
    expected: 'done',
  },
  {
    name: 'too many headers',
    faults: { extraHeaders: 3000 },
    expected: { one: 'done', other: ['origin-failed'] },
  },
  {
    name: 'a header that is too long',
    faults: { longHeaderBytes: 100_000 },
    expected: { one: 'done', other: ['origin-failed'] },
  },
  {
    name: 'a header that is too long, once',
    faults: { longHeaderBytes: 100_000, after: 2, times: 1 },
    expected: 'done',
    extra: CUT_OFF,
  },
  {
    name: 'no HTTP',
    faults: { garbage: 'SSH-2.0-rubbish\r\n' },
    expected: { one: 'done', other: ['origin-failed'] },
  },
  {
    name: 'no HTTP, twice',
    faults: { garbage: '\u0000\u0001\u0002\r\n\r\n', after: 1, times: 2 },
    expected: 'done',
  },
  { name: 'other answers before the real one', faults: { informational: [102, 103, 103] }, expected: 'done' },
  { name: 'HTTP/1.0', faults: { http10: true }, expected: 'done' },
  {
    name: 'HTTP/1.0 without ranges',
    faults: { http10: true, ignoreRange: true },
    expected: 'done',
    extra: { resume: { files: 1, why: 'The origin sends the file only from its first byte on.' } },
  },
  { name: 'parts without a length, in chunks', faults: { chunked: true }, expected: 'done', extra: CUT_OFF },
  {
    name: 'parts without a length, until the connection ends',
    faults: { untilClose: true },
    expected: 'done',
  },
  {
    name: 'the file in chunks, without ranges',
    faults: { chunked: true, ignoreRange: true },
    expected: 'done',
    extra: { resume: FROM_THE_START },
  },
  {
    name: 'the file in chunks, without ranges, broken off once',
    faults: [
      { chunked: true, ignoreRange: true },
      { resetAfterBytes: 1_500_000, after: 1, times: 1 },
    ],
    expected: 'done',
    extra: FROM_THE_START,
  },
  {
    name: 'the file until the connection ends, too early, which only the digest tells',
    faults: { untilClose: true, ignoreRange: true, shortBody: 100_000 },
    checksum: true,
    // Whoever has seen the size before knows it too.
    expected: { resume: ['digest-mismatch', 'origin-failed'], one: 'done', other: ['digest-mismatch'] },
    extra: {
      resume: { files: 1, why: 'What is short comes again from the first byte on.' },
      room: { files: 5, why: 'What is short comes again to each member from the first byte on.' },
    },
  },
  {
    name: 'compressed in spite of identity',
    faults: { gzip: true },
    // Right bytes are those of the file, not of its compressed form.
    expected: 'done',
    extra: { resume: FROM_THE_START },
  },
  {
    name: 'compressed in spite of identity, from the third request on',
    faults: { gzip: true, after: 2 },
    // To a member that looks at it only then it is a file of unknown size, and so another one.
    expected: { room: ['origin-failed', 'origin-changed'], one: 'done', other: ['origin-failed'] },
    extra: FROM_THE_START,
  },
  {
    name: 'labelled as compressed, which it is not',
    faults: { contentEncoding: 'gzip' },
    expected: 'done',
    extra: { resume: FROM_THE_START },
  },
  {
    name: 'a name that leads to an address where nobody answers, too',
    server: { hostName: 'localhost' },
    expected: 'done',
  },
];
