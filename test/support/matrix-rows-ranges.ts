import { CHANGED, SIZE_BYTES } from './matrix-cell.ts';
import type { Extra, Row } from './matrix-row.ts';

const WHOLE_AGAIN: Extra = {
  files: 1,
  why: 'The origin sends the file only from its first byte on, so what is here already comes again.',
};
const IN_ONE_PASS: Extra = {
  files: 1,
  why: 'When no part comes as it was asked for, the whole file is read once.',
};
const IN_A_PASS_EACH: Extra = {
  files: 8,
  why: 'Each member may find at the same time that only the whole file can be read, and begin anew when it gives its lease up.',
};
const BEFORE_IT_IS_SEEN: Extra = {
  bytes: 1024 * 1024,
  why: 'Each answer that does not fit is cut off when its head has been read, with what was on its way.',
};
const OTHERS_OWN: Extra = {
  files: 2,
  why: 'Before and after the change it is two files, and each is fetched in part.',
};
const COMPARED: Extra = {
  bytes: 8 * 256 * 1024,
  why: 'Bytes are compared before they are believed.',
};
const NO_OTHER_WAY =
  'The stream breaks off before its end, and there is none but from its first byte: each member sees it end twice where it had ended before.';
const KNOWS_BETTER = ['digest-mismatch'] as const;
/**
 * Who has the right bytes of a piece finds out who signed wrong ones; whose own bytes are wrong may find nobody to heal
 * them, when the others have the file and leave.
 */
const BY_CHANCE = ['done', 'digest-mismatch'] as const;
const SOME_ARE_WRONG: Row['expected'] = {
  room: BY_CHANCE,
  host: BY_CHANCE,
  one: 'done',
  other: KNOWS_BETTER,
};
/** Whoever looks at the file sees that something is wrong, and gets it from the others. */
const SEEN_AT_ONCE: Row['expected'] = { one: 'done', other: KNOWS_BETTER };

/** Answers with the wrong bytes, or with wrong words about them. */
export const RANGE_ROWS: readonly Row[] = [
  { name: 'nothing wrong', expected: 'done' },
  {
    name: '200 to every range',
    faults: { ignoreRange: true },
    expected: 'done',
    extra: { resume: WHOLE_AGAIN },
  },
  {
    name: '200 to every range but the first',
    faults: { ignoreRange: true, after: 1 },
    expected: 'done',
    extra: { fresh: IN_ONE_PASS, resume: WHOLE_AGAIN, room: IN_A_PASS_EACH },
  },
  {
    name: '200 to a range now and then',
    faults: { ignoreRange: true, after: 1, every: 3 },
    expected: 'done',
    extra: BEFORE_IT_IS_SEEN,
  },
  {
    name: 'bytes of another place, which only the digest tells',
    faults: { shiftBodyBytes: 4096, after: 1 },
    checksum: true,
    expected: SOME_ARE_WRONG,
    extra: { files: 3, why: 'Nobody can say which bytes are wrong: all may be fetched anew.' },
  },
  {
    name: 'bytes of another place, once, which only the digest tells',
    faults: { shiftBodyBytes: 4096, after: 1, times: 1 },
    checksum: true,
    expected: SOME_ARE_WRONG,
    extra: { files: 3, why: 'Nobody can say which bytes are wrong: all may be fetched anew.' },
  },
  {
    name: 'Content-Range of another place',
    faults: { shiftContentRangeBytes: 4096 },
    // Without a range it serves the file as it should.
    expected: 'done',
    extra: { resume: WHOLE_AGAIN },
  },
  {
    name: 'Content-Range of another place from the second answer on',
    faults: { shiftContentRangeBytes: 4096, after: 1 },
    // Without a range it serves the file as it should.
    expected: 'done',
    extra: { fresh: IN_ONE_PASS, resume: WHOLE_AGAIN, room: IN_A_PASS_EACH },
  },
  {
    name: 'Content-Range of another place now and then',
    faults: { shiftContentRangeBytes: -4096, after: 1, every: 3 },
    expected: 'done',
    extra: BEFORE_IT_IS_SEEN,
  },
  {
    name: 'no Content-Range, twice',
    faults: { wrongContentRange: '', after: 1, times: 2 },
    expected: 'done',
    extra: BEFORE_IT_IS_SEEN,
  },
  {
    name: 'ranges that begin early',
    faults: { earlyStartBytes: 4096 },
    // Whether their words or their bytes are wrong nobody can tell: they are not used, and the whole file is read.
    expected: 'done',
    extra: { fresh: IN_ONE_PASS, resume: WHOLE_AGAIN, room: IN_A_PASS_EACH },
  },
  {
    name: 'ranges that end late and say so',
    faults: { lateEndBytes: 100_000 },
    expected: 'done',
    extra: { bytes: 20 * 100_000, why: 'Each answer has up to 100 KB after what was asked for.' },
  },
  { name: 'ranges cut to 300 KB', faults: { capBytes: 300_000, after: 1 }, expected: 'done' },
  { name: 'no total', faults: { hideTotal: true, after: 1 }, expected: 'done' },
  {
    name: 'a total that is too large',
    faults: { lieTotalBytes: 1_000_000 },
    expected: { one: 'done', other: ['origin-failed', 'origin-changed'] },
    extra: { files: 1, why: 'A resumed download finds another size and begins anew.' },
  },
  {
    name: 'a total that is too small, which only the digest tells',
    faults: { lieTotalBytes: -1_000_000 },
    checksum: true,
    expected: SEEN_AT_ONCE,
    extra: { files: 2, why: 'What is short may be fetched anew once.' },
  },
  {
    name: 'another total from the third answer on',
    faults: { lieTotalBytes: 7, after: 2 },
    expected: { one: 'done', other: ['origin-changed'] },
  },
  {
    name: 'a Content-Length that is too large for the range',
    faults: { lieLengthBytes: 1000, after: 1 },
    // Without a range its length is wrong, too: it looks like another file. A host may have failed before the others came.
    expected: {
      room: ['origin-failed', 'origin-changed', 'unreachable'],
      one: 'done',
      other: ['origin-failed', 'origin-changed'],
    },
    extra: BEFORE_IT_IS_SEEN,
  },
  {
    name: 'a Content-Length that is too small for the range, now and then',
    faults: { lieLengthBytes: -1000, after: 1, every: 3 },
    expected: 'done',
    extra: BEFORE_IT_IS_SEEN,
  },
  {
    name: 'a Content-Length that is too small for the file, which only the digest tells',
    faults: { ignoreRange: true, lieLengthBytes: -1000 },
    checksum: true,
    expected: SEEN_AT_ONCE,
    extra: { files: 2, why: 'What is short may be fetched anew once.' },
  },
  {
    name: 'a Content-Length that is too large for the file',
    faults: { ignoreRange: true, lieLengthBytes: 1000 },
    expected: { one: 'done', other: ['origin-failed', 'origin-changed'] },
    extra: {
      fresh: { files: 2, why: NO_OTHER_WAY },
      resume: { files: 3, why: NO_OTHER_WAY },
      // Three members, three times each, and one of these is the file.
      room: { files: 8, why: NO_OTHER_WAY },
    },
  },
  {
    name: 'several parts in place of the one asked for',
    faults: { multipart: true },
    expected: 'done',
    extra: { resume: WHOLE_AGAIN },
  },
  {
    name: 'several parts in place of the one asked for, now and then',
    faults: { multipart: true, after: 1, every: 3 },
    expected: 'done',
    extra: BEFORE_IT_IS_SEEN,
  },
  {
    name: 'ETags that differ from server to server',
    faults: { etag: '"edge"', every: 2 },
    expected: 'done',
    extra: COMPARED,
  },
  {
    name: 'ETags that differ from server to server, without a date',
    faults: { etag: '"edge"', after: 1, every: 2 },
    file: { lastModified: null },
    expected: 'done',
    extra: COMPARED,
  },
  {
    name: 'a file that changes, and says so',
    faults: { changedContent: CHANGED, etag: '"v2"', lastModified: null, after: 2 },
    expected: { one: 'done', other: ['origin-changed'] },
    extra: OTHERS_OWN,
  },
  {
    name: 'a file that changes, and says so by its ETag alone',
    faults: { changedContent: CHANGED, etag: '"v2"', after: 2 },
    expected: { one: 'done', other: ['origin-changed'] },
    extra: OTHERS_OWN,
  },
  {
    name: 'a file that changes in size',
    faults: { changedContent: { ...CHANGED, sizeBytes: SIZE_BYTES + 4097 }, after: 2 },
    expected: { one: 'done', other: ['origin-changed'] },
    extra: OTHERS_OWN,
  },
  {
    name: 'a file that is a new one, as it says',
    faults: { changedContent: CHANGED, etag: '"v2"', lastModified: 'Wed, 03 Jan 2024 03:04:05 GMT' },
    expected: { one: 'done', other: 'new' },
    extra: { resume: { files: 1, why: 'The new file is fetched whole.' } },
  },
  {
    name: 'a file that is a new one, as its ETag alone says',
    faults: { changedContent: CHANGED, etag: '"v2"' },
    expected: { one: 'done', other: 'new' },
    extra: {
      resume: { files: 1, why: 'The new file is fetched whole.' },
      one: COMPARED,
    },
  },
  {
    name: 'a file that changes and does not say so, which only the digest tells',
    faults: { changedContent: CHANGED, after: 2 },
    checksum: true,
    expected: SOME_ARE_WRONG,
    extra: { files: 3, why: 'Nobody can say which bytes are wrong: all may be fetched anew.' },
  },
];
