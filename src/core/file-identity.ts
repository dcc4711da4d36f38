import { type Fact, type FileFacts, type Relation, relate } from './file-facts.ts';

/** Whether two files are the same; `open`: what is known does not tell, so only their bytes can. */
export type Comparison = 'same' | 'different' | 'open';

/** A verdict, and the fact that gave it or that leaves it open. `nothing`: no fact speaks for or against it. */
export interface Verdict {
  readonly verdict: Comparison;
  readonly by: Fact | 'nothing';
}

/** If all these facts relate so, this is the verdict. */
interface Rule extends Verdict {
  readonly when: Readonly<Partial<Record<Fact, Relation | readonly Relation[]>>>;
}

/** What decides in one kind of use: the first rule that fits; with none, it is open. */
interface Policy {
  readonly rules: readonly Rule[];
}

const rule = (when: Rule['when'], verdict: Comparison, by: Verdict['by']): Rule => ({ when, verdict, by });

/** One of the two descriptions says nothing of it, or both. */
const NOT_BOTH = ['gone', 'new', 'unknown'] as const;

const OTHER_SIZE = rule({ size: 'other' }, 'different', 'size');
const EQUAL_ETAG = rule({ etag: 'equal' }, 'same', 'etag');
const OTHER_DATE = rule({ date: 'other' }, 'different', 'date');

/** ETags of two addresses may be made of the same size and time, so an equal one only makes it worth to look at bytes. */
const OTHER_PLACE = [
  rule({ place: 'other', etag: 'equal', size: 'equal' }, 'open', 'place'),
  rule({ place: 'other' }, 'different', 'place'),
];

/**
 * Who may decide what, for each use in which two descriptions are compared; the earlier one comes first. The words of one
 * server about one address may decide there; words of another server, and another strong ETag beside an equal size, never
 * prove that bytes differ or agree: there only bytes may decide.
 */
export const POLICIES = {
  /**
   * May the pieces that an earlier run has left go into this download? An equal strong ETag decides, else the date; another
   * ETag whose date does not differ, no validator at all, and another address with an equal ETag leave it to the bytes.
   */
  resume: {
    rules: [
      ...OTHER_PLACE,
      rule({ size: ['new', 'unknown'], etag: 'other' }, 'different', 'etag'),
      rule({ size: ['new', 'unknown'] }, 'open', 'size'),
      rule({ size: 'gone', etag: 'equal' }, 'open', 'size'),
      rule({ size: 'gone', date: 'equal' }, 'open', 'size'),
      rule({ size: 'gone' }, 'different', 'size'),
      OTHER_SIZE,
      EQUAL_ETAG,
      rule({ etag: 'other', date: ['equal', ...NOT_BOTH] }, 'open', 'etag'),
      rule({ date: 'equal' }, 'same', 'date'),
      OTHER_DATE,
      rule({ etag: ['gone', 'new'] }, 'different', 'etag'),
      rule({ date: ['gone', 'new'] }, 'different', 'date'),
      rule({ weakEtag: ['other', 'gone', 'new'] }, 'different', 'weakEtag'),
    ],
  },
  /**
   * The same when the file was found at another server than before: only another size or another download decides, and for
   * everything else the bytes, since validators of one server say nothing of the files of another.
   */
  resumeElsewhere: {
    rules: [...OTHER_PLACE, OTHER_SIZE, rule({ size: ['gone', 'unknown'] }, 'open', 'size')],
  },
  /**
   * Is the file of a finished download still the one that the origin has? The same size and an equal strong ETag, or an
   * equal date where no ETag speaks against it, decide; where they do not, a digest of the bytes has to.
   */
  finished: {
    rules: [
      OTHER_SIZE,
      rule({ size: NOT_BOTH }, 'open', 'size'),
      rule({ digest: ['other', 'mixed'] }, 'different', 'digest'),
      EQUAL_ETAG,
      rule({ etag: 'other' }, 'open', 'etag'),
      rule({ date: 'equal' }, 'same', 'date'),
      OTHER_DATE,
    ],
  },
  /**
   * Is the answer to a request for a range of the file that the transfer is of? Another size, ETag or date speaks against
   * it; what one of them does not know speaks neither for nor against it, and the answer is used.
   */
  rangeAnswer: {
    rules: [OTHER_SIZE, EQUAL_ETAG, rule({ etag: 'other' }, 'different', 'etag'), OTHER_DATE],
  },
  /**
   * Is an answer under another ETag, maybe of another server of the same name, still of the file? Another size or date
   * speaks against it, and only bytes may speak for it, for which the size has to be known.
   */
  otherEtag: {
    rules: [
      OTHER_SIZE,
      EQUAL_ETAG,
      OTHER_DATE,
      rule({ etag: 'other', size: ['new', 'unknown'] }, 'different', 'etag'),
    ],
  },
  /**
   * Does another address have the same file? Strong digests that both state decide, and so does an equal strong ETag of the
   * same host and path; everything else only the bytes may decide.
   */
  otherAddress: {
    rules: [
      OTHER_SIZE,
      rule({ digest: 'equal' }, 'same', 'digest'),
      rule({ digest: 'other' }, 'different', 'digest'),
      rule({ place: 'equal', etag: 'equal' }, 'same', 'etag'),
    ],
  },
  /**
   * May an address that the user has named be used where no bytes can be compared? Only with an equal size, or none that
   * either knows, an equal date, and no strong ETag that differs.
   */
  vouchedAddress: {
    rules: [
      OTHER_SIZE,
      rule({ size: ['gone', 'new'] }, 'open', 'size'),
      rule({ etag: 'other' }, 'open', 'etag'),
      rule({ date: 'equal' }, 'same', 'date'),
    ],
  },
  /**
   * Is the file that this member finds at the origin the one that the room offers? Another size, or another date without an
   * equal ETag, speaks against it; another ETag alone leaves it to the bytes of every transfer.
   */
  offer: {
    rules: [
      OTHER_SIZE,
      rule({ size: ['gone', 'new'] }, 'different', 'size'),
      EQUAL_ETAG,
      OTHER_DATE,
      rule({ etag: 'other' }, 'open', 'etag'),
    ],
  },
  /** Is what another program has left of this file? Another size decides against it, and only bytes may decide for it. */
  leftover: {
    rules: [OTHER_SIZE, rule({ size: NOT_BOTH }, 'different', 'size')],
  },
} as const satisfies Record<string, Policy>;

/** What two files are compared for. */
export type Use = keyof typeof POLICIES;

/** Whether `now` is the file that `before` was, as far as what is known of both may decide for this use. */
export function compareFiles(use: Use, before: FileFacts, now: FileFacts): Verdict {
  const relations = relate(before, now);
  const { rules }: Policy = POLICIES[use];
  const found = rules.find(({ when }) =>
    (Object.keys(when) as Fact[]).every((fact) => [when[fact]].flat().includes(relations[fact])),
  );
  return found === undefined ? { verdict: 'open', by: 'nothing' } : { verdict: found.verdict, by: found.by };
}
