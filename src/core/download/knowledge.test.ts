import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleOffer } from '../../testing/member/small-world.ts';
import type { PieceRecord } from '../messages.ts';
import { Knowledge, sameBytes } from './knowledge.ts';

function record(piece: number, signer: string, fill = 1): PieceRecord {
  return { piece, sha256: new Uint8Array(32).fill(fill), signer, signature: new Uint8Array(64) };
}

test('the first record of a piece is remembered, and a second one that differs tells of the first', () => {
  const knowledge = new Knowledge();
  const first = record(4, 'x');
  assert.equal(knowledge.learn(first), undefined);
  assert.equal(knowledge.learn(record(4, 'y')), undefined);
  assert.equal(knowledge.learn(record(4, 'y', 2)), first);
  assert.equal(knowledge.record(4), first);
});

test('what a liar signed is forgotten in the order of the pieces, and not believed again', () => {
  const knowledge = new Knowledge();
  for (const piece of [9, 2, 5]) knowledge.learn(record(piece, 'liar'));
  knowledge.learn(record(3, 'honest'));
  assert.deepEqual(knowledge.banSigner('liar'), [2, 5, 9]);
  assert.equal(knowledge.record(5), undefined);
  knowledge.learn(record(5, 'liar'));
  assert.equal(knowledge.record(5), undefined);
  assert.equal(knowledge.record(3)?.signer, 'honest');
});

test('what liars signed is known as theirs, whether it came before or after they were found out', () => {
  const knowledge = new Knowledge();
  knowledge.learn(record(1, 'liar', 7));
  knowledge.learn(record(2, 'honest', 8));
  knowledge.learn(record(2, 'liar', 9));
  assert.equal(knowledge.isRevoked(1, record(1, '', 7).sha256), false);
  knowledge.banSigner('liar');
  knowledge.learn(record(3, 'liar', 6));
  assert.equal(knowledge.isRevoked(1, record(1, '', 7).sha256), true);
  assert.equal(knowledge.isRevoked(2, record(2, '', 9).sha256), true);
  assert.equal(knowledge.isRevoked(2, record(2, '', 8).sha256), false);
  assert.equal(knowledge.isRevoked(3, record(3, '', 6).sha256), true);
});

test('records that contradict each other are both remembered, until one signer is found out', () => {
  const knowledge = new Knowledge();
  const lie = record(4, 'liar', 1);
  const truth = record(4, 'honest', 2);
  knowledge.learn(lie);
  knowledge.learn(truth);
  assert.equal(knowledge.matching(4, truth.sha256), truth);
  assert.equal(knowledge.matching(4, lie.sha256), lie);
  assert.equal(knowledge.matching(4, new Uint8Array(32)), undefined);
  assert.deepEqual(knowledge.signersAgainst(4, truth.sha256), ['liar']);
  knowledge.settle(truth);
  assert.equal(knowledge.record(4), truth);
  assert.deepEqual(knowledge.signersAgainst(4, truth.sha256), ['liar']);
  knowledge.settle(lie);
  assert.deepEqual(knowledge.banSigner('liar'), [4]);
  assert.equal(knowledge.record(4), truth);
  assert.deepEqual(knowledge.signersAgainst(4, truth.sha256), []);
});

test('of contradicting records of one piece only a few are remembered', () => {
  const knowledge = new Knowledge();
  for (let i = 0; i < 100; i++) knowledge.learn(record(4, `x${i}`, i));
  assert.ok(knowledge.signersAgainst(4, new Uint8Array(32).fill(200)).length <= 5);
});

test('records of pieces past the end are not taken, and forgotten when the end becomes known', () => {
  const knowledge = new Knowledge();
  knowledge.learn(record(100, 'x'));
  for (const piece of [-1, 2 ** 20, Number.NaN]) {
    knowledge.learn(record(piece, 'x'));
    assert.equal(knowledge.record(piece), undefined);
  }
  knowledge.offered(sampleOffer());
  assert.equal(knowledge.record(100), undefined);
  knowledge.learn(record(100, 'x'));
  assert.equal(knowledge.record(100), undefined);
});

test('a peer that speaks of pieces past the end is not believed, nor is what it said before', () => {
  const knowledge = new Knowledge();
  knowledge.peerUp('a');
  const have = (start: number, end: number) =>
    knowledge.have('a', { type: 'have', download: 'd0', runs: [{ start, end }], records: [] });
  assert.equal(have(15, 30), true);
  knowledge.offered(sampleOffer());
  assert.equal(knowledge.availability.count(16), 1);
  assert.equal(knowledge.availability.count(17), 0);
  assert.equal(have(10, 18), false);
  knowledge.peerDown('a');
  assert.equal(knowledge.availability.count(16), 0);
});

test('bytes are the same when every one of them is', () => {
  assert.equal(sameBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2])), true);
  assert.equal(sameBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3])), false);
  assert.equal(sameBytes(new Uint8Array([1]), new Uint8Array([1, 2])), false);
});
