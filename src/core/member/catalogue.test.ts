import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleOffer } from '../../testing/member/small-world.ts';
import { Catalogue } from './catalogue.ts';

test('what was heard of a download before its offer counts after it', () => {
  const present = new Set(['a']);
  const catalogue = new Catalogue(present);
  const heard = catalogue.hear('d0');
  assert.equal(
    heard.have('a', { type: 'have', download: 'd0', runs: [{ start: 1, end: 2 }], records: [] }),
    true,
  );
  const known = catalogue.offered(sampleOffer(), false);
  assert.equal(known, heard);
  assert.equal(known?.availability.count(1), 1);
  assert.deepEqual(
    [...catalogue.offers()].map(({ download }) => download),
    ['d0'],
  );
});

test('of downloads that nobody offered the oldest make room, and offers stay', () => {
  const catalogue = new Catalogue(new Set());
  catalogue.offered(sampleOffer(), false);
  for (let i = 0; i < 100; i++) catalogue.hear(`x${i}`);
  assert.equal(catalogue.get('x0'), undefined);
  assert.notEqual(catalogue.get('x99'), undefined);
  assert.notEqual(catalogue.get('d0'), undefined);
});

test('others can offer so many downloads and no more; the user of this member can', () => {
  const catalogue = new Catalogue(new Set());
  for (let i = 0; i < 300; i++) catalogue.offered(sampleOffer({ download: `x${i}` }), false);
  assert.equal([...catalogue.offers()].length, 256);
  assert.notEqual(catalogue.offered(sampleOffer({ download: 'mine' }), true), undefined);
});

test('what others offer has no more pieces than the largest file, however it comes to that', () => {
  const catalogue = new Catalogue(new Set());
  const sized = (download: string, sizeBytes: number | undefined) =>
    sampleOffer({ download, identity: { ...sampleOffer().identity, sizeBytes } });
  const halfBytes = 2 ** 19 * sampleOffer().pieceBytes;
  assert.notEqual(catalogue.offered(sized('half', halfBytes), false), undefined);
  assert.notEqual(catalogue.offered(sized('open', undefined), false), undefined);
  assert.equal(catalogue.offered(sized('too much', halfBytes), false), undefined);
  assert.equal(catalogue.sized(sized('open', halfBytes + 1)), false);
  assert.equal(catalogue.get('open')?.offer?.identity.sizeBytes, undefined);
  assert.equal(catalogue.sized(sized('open', halfBytes)), true);
  assert.equal(catalogue.offered(sized('no more', 1), false), undefined);
  assert.notEqual(catalogue.offered(sized('mine', 2 * halfBytes), true), undefined);
});
