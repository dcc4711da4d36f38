import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DigestKind } from './digest-kinds.ts';
import type { FileFacts } from './file-facts.ts';
import { type Comparison, compareFiles, POLICIES, type Use } from './file-identity.ts';

const DATES: Readonly<Record<string, string>> = {
  MON: 'Mon, 01 Jan 2024 00:00:00 GMT',
  // The same moment, written in another way.
  MON2: 'Monday, 01-Jan-24 00:00:00 GMT',
  TUE: 'Tue, 02 Jan 2024 00:00:00 GMT',
};

/**
 * What is known before and now: size, ETag, date, place and digests. Then for each use whether it is the same (`=`),
 * different (`!`) or open (`?`), and by which fact. `Mon` and `Tue` are dates that nobody can read.
 */
const TABLE = `
  before            | now                        | resume  resumeElsewhere finished rangeAnswer otherEtag otherAddress vouchedAddress offer   leftover
  5 "a"             | 5 "a"                      | =etag   ?               =etag    =etag       =etag     ?            ?              =etag   ?
  5 "a" MON         | 5 "a" TUE                  | =etag   ?               =etag    =etag       =etag     ?            ?              =etag   ?
  5 "a"             | 6 "a"                      | !size   !size           !size    !size       !size     !size        !size          !size   !size
  5 "a"             | 5 "b"                      | ?etag   ?               ?etag    !etag       ?         ?            ?etag          ?etag   ?
  5 "a" MON         | 5 "b" MON                  | ?etag   ?               ?etag    !etag       ?         ?            ?etag          ?etag   ?
  5 "a" MON         | 5 "b" TUE                  | !date   ?               ?etag    !etag       !date     ?            ?etag          !date   ?
  5 "a" MON         | 5 "b"                      | ?etag   ?               ?etag    !etag       ?         ?            ?etag          ?etag   ?
  5 MON             | 5 MON                      | =date   ?               =date    ?           ?         ?            =date          ?       ?
  5 MON             | 5 MON2                     | =date   ?               =date    ?           ?         ?            =date          ?       ?
  5 MON             | 5 TUE                      | !date   ?               !date    !date       !date     ?            ?              !date   ?
  5 MON             | 6 MON                      | !size   !size           !size    !size       !size     !size        !size          !size   !size
  5 Mon             | 5 Mon                      | =date   ?               =date    ?           ?         ?            =date          ?       ?
  5 Mon             | 5 Tue                      | !date   ?               !date    !date       !date     ?            ?              !date   ?
  5 W/"a"           | 5 W/"a"                    | ?       ?               ?        ?           ?         ?            ?              ?       ?
  5 W/"a"           | 5 W/"b"                    | !weakEtag ?             ?        ?           ?         ?            ?              ?       ?
  5 W/"a" MON       | 5 W/"b" MON                | =date   ?               =date    ?           ?         ?            =date          ?       ?
  5 W/"a"           | 5 "a"                      | !etag   ?               ?        ?           ?         ?            ?              ?       ?
  5                 | 5                          | ?       ?               ?        ?           ?         ?            ?              ?       ?
  5                 | 6                          | !size   !size           !size    !size       !size     !size        !size          !size   !size
  5                 | 5 "a"                      | !etag   ?               ?        ?           ?         ?            ?              ?       ?
  5 "a"             | 5                          | !etag   ?               ?        ?           ?         ?            ?              ?       ?
  5                 | 5 MON                      | !date   ?               ?        ?           ?         ?            ?              ?       ?
  5 MON             | 5 "a"                      | !etag   ?               ?        ?           ?         ?            ?              ?       ?
  -                 | 5                          | ?size   ?               ?size    ?           ?         ?            ?size          !size   !size
  "a"               | 5 "a"                      | ?size   ?               ?size    =etag       =etag     ?            ?size          !size   !size
  "a"               | 5 "b"                      | !etag   ?               ?size    !etag       !etag     ?            ?size          !size   !size
  5                 | -                          | !size   ?size           ?size    ?           ?         ?            ?size          !size   !size
  5 "a"             | "a"                        | ?size   ?size           ?size    =etag       =etag     ?            ?size          !size   !size
  5 "a"             | "b"                        | !size   ?size           ?size    !etag       ?         ?            ?size          !size   !size
  5 MON             | MON                        | ?size   ?size           ?size    ?           ?         ?            ?size          !size   !size
  MON               | MON                        | ?size   ?size           ?size    ?           ?         ?            =date          ?       !size
  -                 | -                          | ?size   ?size           ?size    ?           ?         ?            ?              ?       !size
  5 "a" MON @x      | 5 "a" MON @x               | =etag   ?               =etag    =etag       =etag     =etag        =date          =etag   ?
  5 "a" MON @x      | 5 "a" MON @y               | ?place  ?place          =etag    =etag       =etag     ?            =date          =etag   ?
  5 MON @x          | 5 MON @y                   | !place  !place          =date    ?           ?         ?            =date          ?       ?
  5 "a" @x          | 5 "b" @y                   | !place  !place          ?etag    !etag       ?         ?            ?etag          ?etag   ?
  5 sha256:a        | 5 sha256:a                 | ?       ?               ?        ?           ?         =digest      ?              ?       ?
  5 sha256:a        | 6 sha256:a                 | !size   !size           !size    !size       !size     !size        !size          !size   !size
  5 "a" @x sha256:a | 5 "a" @x sha256:b          | =etag   ?               !digest  =etag       =etag     !digest      ?              =etag   ?
  5 MON sha256:a    | 5 MON sha256:a sha256:b    | =date   ?               !digest  ?           ?         ?            =date          ?       ?
  5 MON sha256:a    | 5 MON sha512:a             | =date   ?               =date    ?           ?         ?            =date          ?       ?
  5 MON md5:a       | 5 MON md5:b                | =date   ?               =date    ?           ?         ?            =date          ?       ?
`;

const [head, ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const USES = head![2]!.split(/ +/) as Use[];

/** Reads a cell such as `5 "a" MON @x sha256:a`; `-` is nothing. */
function factsFrom(cell: string): FileFacts {
  let facts: FileFacts = {};
  for (const word of cell.split(' ')) {
    const [algorithm, char] = word.split(':');
    if (/^\d+$/.test(word)) facts = { ...facts, sizeBytes: Number(word) };
    else if (/^(W\/)?"/.test(word)) facts = { ...facts, etag: word };
    else if (word.startsWith('@')) facts = { ...facts, place: word };
    else if (char !== undefined) {
      const digest = { algorithm: algorithm as DigestKind, hex: char };
      facts = { ...facts, digests: [...(facts.digests ?? []), digest] };
    } else if (word !== '-') facts = { ...facts, lastModified: DATES[word] ?? word };
  }
  return facts;
}

const MARKS: Readonly<Record<Comparison, string>> = { same: '=', different: '!', open: '?' };

for (const [before, now, expected] of rows) {
  test(`${before}, then ${now}`, () => {
    const verdicts = USES.map((use) => {
      const { verdict, by } = compareFiles(use, factsFrom(before!), factsFrom(now!));
      return `${MARKS[verdict]}${by === 'nothing' ? '' : by}`;
    });
    assert.deepEqual(verdicts, expected!.split(/ +/));
  });
}

test('every use is a column of the table', () => {
  assert.deepEqual(Object.keys(POLICIES), USES);
});

test('whatever else agrees, a file of another size is never the same', () => {
  const some = <T>(...values: readonly T[]) => fc.constantFrom(undefined, ...values);
  const others = fc.record({
    etag: some('"a"', '"b"', 'W/"a"'),
    lastModified: some(DATES.MON, DATES.TUE),
    digests: some([{ algorithm: 'sha256', hex: 'a' } as const], [{ algorithm: 'sha256', hex: 'b' } as const]),
    place: some('x', 'y'),
  });
  fc.assert(
    fc.property(others, others, fc.constantFrom(...USES), (before, now, use) => {
      const { verdict } = compareFiles(use, { ...before, sizeBytes: 5 }, { ...now, sizeBytes: 6 });
      assert.notEqual(verdict, 'same');
    }),
  );
});
